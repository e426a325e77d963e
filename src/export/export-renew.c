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
    Source *source;         /* NULL: the engine has it */
    guint64 size;           /* of the new image */
    GArray *kept;           /* EngineSegment: of the base's image, those that stay as they are */
    gboolean shared;        /* result: they were not copied */
} Renewal;

static void
renewal_free(Renewal *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    source_free(self->source);
    g_array_unref(self->kept);
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

static gboolean
open_replaced(EngineItem *engine, GError **error)
{
    Renewal *self = engine->user_data;

    engine->source = open_image(self, error);
    engine->earlier = self->kept;

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
share_base_blocks(ExportItem *item, GError **error)
{
    Renewal *self = item->renewal;
    EngineItem *engine = &item->engine;
    const SinkOps *ops = engine->sink->ops;

    if (!ops->clone || !ops->clear || !export_base_is_untouched(self->file, self->fd) ||
        !ops->clone(engine->sink, self->fd))
        return TRUE;
    engine->sink = renewed_sink_new(engine->sink, engine->source, error);
    engine->earlier = self->kept;
    self->shared = TRUE;

    return engine->sink != NULL;
}

static gboolean
open_renewed_item(EngineItem *engine, GError **error)
{
    ExportItem *item = engine->user_data;
    Renewal *self = item->renewal;

    engine->source = g_steal_pointer(&self->source);

    return tree_remove_at(item->dirfd, item->layer->file, error) &&
           export_item_open_sink(item, item->layer->file, LAYER_MODE, error) &&
           share_base_blocks(item, error);
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

static gboolean
finish_renewed_item(EngineItem *engine, GError **error)
{
    ExportItem *item = engine->user_data;
    const Renewal *self = item->renewal;

    if (self->shared)
        item->kept = renewed_sink_shared(engine->sink);
    else if (!check_kept(self, engine, error))
        return FALSE;
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
    if (!check_replaced(self, plan->settings->parallel, control, error))
        return FALSE;
    *made_of = self->file->bytes - MIN(changes_bytes(item->changes), self->file->bytes);
    item->engine.open = open_renewed_item;
    item->engine.finish = finish_renewed_item;
    item->renewal_free = (GDestroyNotify)renewal_free;
    item->renewal = g_steal_pointer(&self);

    return TRUE;
}
