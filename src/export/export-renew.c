/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "export/export-items-private.h"
#include "export/export-renew.h"
#include "hypervisor/drivers.h"
#include "qcow2/renewed-source.h"
#include "util/fd.h"

typedef struct {
    const ExportBase *base; /* not owned */
    const ManifestFile *file;
    int fd;                 /* the base's image; owned, as what follows */
    Source *source;         /* NULL: the engine has it, and the sink */
    Sink *sink;
    guint64 size;           /* of the new image */
    GArray *kept;           /* EngineSegment: of the base's image, those that stay as they are */
    PartCache *parts;       /* (nullable): of the base's image */
    gboolean shared;        /* the new image has the base's blocks */
} Renewal;

static void
renewal_free(Renewal *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    source_free(self->source);
    sink_free(self->sink);
    g_array_unref(self->kept);
    part_cache_free(self->parts);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Renewal, renewal_free)

/* --- the base's image ----------------------------------------------------------------- */

static Source *
open_image(const Renewal *self, GError **error)
{
    int fd = fcntl(self->fd, F_DUPFD_CLOEXEC, 0);

    if (fd >= 0)
        return drivers_get()->wrap_file(fd, self->file->path, error);
    virt_snap_error_set_errno(error, errno, "%s", self->file->path);

    return NULL;
}

/* Returns: whether the base has the digests of all segments of the image. */
static gboolean
has_nodes(const ManifestFile *file)
{
    return file->has_digest && file->nodes &&
           g_bytes_get_size(file->nodes) == digest_n_segments(file->bytes) * DIGEST_BYTES;
}

static void
find_kept(Renewal *self)
{
    gsize n = digest_n_segments(self->file->bytes);
    const guint8 *nodes = g_bytes_get_data(self->file->nodes, NULL);

    for (gsize i = 0; i < n; i++) {
        guint64 from = (guint64)i * DIGEST_SEGMENT;
        EngineSegment segment = {.index = i};

        if (renewed_source_differs(self->source, from, MIN(from + DIGEST_SEGMENT, self->size)))
            continue;
        memcpy(segment.node, nodes + i * DIGEST_BYTES, DIGEST_BYTES);
        g_array_append_val(self->kept, segment);
    }
}

/* Which parts of a segment are as they are in the base's image, and their nodes. */
static gboolean
find_known(const Renewal *self, const Source *renewed, gsize index, DigestSegment *hasher,
           EngineParts *parts)
{
    const ManifestFile *file = self->file;
    const guint8 *nodes = g_bytes_get_data(file->nodes, NULL);

    if (index >= digest_n_segments(file->bytes) ||
        !part_cache_read(self->parts, hasher, file->bytes, index, nodes + index * DIGEST_BYTES,
                         parts->nodes))
        return FALSE;
    for (gsize i = 0; i < DIGEST_SEGMENT_PARTS; i++) {
        guint64 from = index * DIGEST_SEGMENT + i * DIGEST_PART;

        parts->known[i] = from < self->size &&
                          !renewed_source_differs(renewed, from, MIN(from + DIGEST_PART,
                                                                     self->size));
    }

    return TRUE;
}

static gboolean
know_replaced(EngineItem *engine, gsize index, DigestSegment *hasher, EngineParts *parts)
{
    const Renewal *self = engine->user_data;

    return find_known(self, self->source, index, hasher, parts);
}

static gboolean
open_replaced(EngineItem *engine, GError **error)
{
    Renewal *self = engine->user_data;

    engine->source = open_image(self, error);
    engine->earlier = self->kept;
    engine->known = self->shared ? know_replaced : NULL;

    return engine->source != NULL;
}

/* With the digests of the others, those of the segments that are read make that of the file. */
static gboolean
check_replaced(Renewal *self, guint workers, Control *control, GError **error)
{
    g_autoptr(GPtrArray) items = g_ptr_array_new();
    EngineItem engine = {.open = open_replaced, .user_data = self, .want_digest = TRUE};
    gboolean done;

    g_ptr_array_add(items, &engine);
    done = engine_run(items, workers, control, NULL, error) &&
           (memcmp(engine.digest, self->file->digest, DIGEST_BYTES) == 0 ||
            export_base_damaged(self->base, self->file, error));
    engine_item_clear(&engine);

    return done;
}

/* --- before it is made ------------------------------------------------------------------ */

static gboolean
open_renewed(Renewal *self, const ExportItem *item, GError **error)
{
    Source *image;
    Source *disk;

    self->fd = export_base_open_layer(self->base, self->file, error);
    if (self->fd < 0)
        return FALSE;
    disk = export_item_open_guest(item, error);
    if (!disk)
        return FALSE;
    image = open_image(self, error);
    if (!image) {
        source_free(disk);
        return FALSE;
    }
    self->source = renewed_source_new(self->fd, image, disk, changes_units(item->changes), error);
    self->size = self->source ? self->source->size : 0;

    return self->source != NULL;
}

/* --- making it ---------------------------------------------------------------------------- */

/* What is not read is trusted as what is linked: by its times. */
static gboolean
share_base_blocks(Renewal *self, GError **error)
{
    const SinkOps *ops = self->sink->ops;

    if (!ops->clone || !ops->clear || !export_base_is_untouched(self->file, self->fd) ||
        !ops->clone(self->sink, self->fd))
        return TRUE;
    self->sink = renewed_sink_new(self->sink, self->source, error);
    self->shared = TRUE;
    self->parts = part_cache_open(self->file->digest);

    return self->sink != NULL;
}

/* The file is there before the base's image is checked, for what is not shared has to be read. */
static gboolean
create_renewed(Renewal *self, const ExportItem *item, GError **error)
{
    const char *name = item->layer->file;

    if (!tree_remove_at(item->dirfd, name, error))
        return FALSE;
    self->sink = drivers_get()->create_file(item->dirfd, name, self->size, LAYER_MODE, error);

    return self->sink && share_base_blocks(self, error);
}

static gboolean
know_renewed(EngineItem *engine, gsize index, DigestSegment *hasher, EngineParts *parts)
{
    const ExportItem *item = engine->user_data;

    return find_known(item->renewal, engine->source, index, hasher, parts);
}

static gboolean
open_renewed_item(EngineItem *engine, G_GNUC_UNUSED GError **error)
{
    const ExportItem *item = engine->user_data;
    Renewal *self = item->renewal;

    engine->source = g_steal_pointer(&self->source);
    engine->sink = g_steal_pointer(&self->sink);
    if (self->shared) {
        engine->earlier = self->kept;
        engine->known = know_renewed;
    }

    return TRUE;
}

/* What was copied is what the base's digests are of. */
static gboolean
check_kept(const Renewal *self, const EngineItem *engine, GError **error)
{
    for (guint i = 0; i < self->kept->len; i++) {
        const EngineSegment *segment = &g_array_index(self->kept, EngineSegment, i);

        if (memcmp(engine->nodes + segment->index * DIGEST_BYTES, segment->node,
                   DIGEST_BYTES) != 0)
            return export_base_damaged(self->base, self->file, error);
    }

    return TRUE;
}

/* What is known of segments that were not read is known of the new image, too. */
static void
store_kept(const Renewal *self, PartCache *parts)
{
    g_autoptr(DigestSegment) hasher = digest_segment_new();
    guint8 nodes[DIGEST_SEGMENT_PARTS * DIGEST_BYTES] = {0};

    for (guint i = 0; i < self->kept->len; i++) {
        const EngineSegment *segment = &g_array_index(self->kept, EngineSegment, i);

        if (part_cache_read(self->parts, hasher, self->file->bytes, segment->index, segment->node,
                            nodes))
            part_cache_write(parts, segment->index, nodes);
    }
}

static gboolean
finish_renewed_item(EngineItem *engine, GError **error)
{
    ExportItem *item = engine->user_data;
    const Renewal *self = item->renewal;

    if (self->shared) {
        item->kept = renewed_sink_shared(engine->sink);
        store_kept(self, item->parts);
    } else if (!check_kept(self, engine, error)) {
        return FALSE;
    }
    item->size = engine->sink->size;

    return TRUE;
}

/* --- preparing it ------------------------------------------------------------------------ */

gboolean
export_renew_prepare(const Plan *plan, ExportItem *item, Control *control, guint64 *made_of,
                     GError **error)
{
    g_autoptr(Renewal) self = g_new0(Renewal, 1);
    g_autoptr(GError) why = NULL;

    *made_of = 0;
    self->base = plan->base;
    self->file = item->layer->base;
    self->fd = -1;
    self->kept = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
    if (!has_nodes(self->file) || !open_renewed(self, item, &why)) {
        if (why && !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED)) {
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        export_item_set_way(item, PLAN_WAY_PULL, NULL);
        return TRUE;
    }
    find_kept(self);
    if (!create_renewed(self, item, error) ||
        !check_replaced(self, plan->settings->parallel, control, error))
        return FALSE;
    *made_of = self->file->bytes - MIN(changes_bytes(item->changes), self->file->bytes);
    item->engine.open = open_renewed_item;
    item->engine.finish = finish_renewed_item;
    item->renewal_free = (GDestroyNotify)renewal_free;
    item->renewal = g_steal_pointer(&self);

    return TRUE;
}
