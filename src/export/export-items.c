/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "export/export-items-private.h"
#include "export/plan-files.h"
#include "export/plan-internal.h"
#include "hypervisor/drivers.h"
#include "qcow2/image-end.h"
#include "transfer/memory-source.h"
#include "transfer/resume.h"
#include "util/fd.h"

#define FILE_MODE 0600

static void
close_held(gpointer fd)
{
    fd_clear(fd);
}

/* --- files ---------------------------------------------------------------- */

gboolean
export_item_open_sink(ExportItem *self, const char *path, mode_t mode, GError **error)
{
    EngineItem *item = &self->engine;

    self->size = item->source->size;
    item->sink = drivers_get()->create_file(self->dirfd, path, self->size, mode, error);

    return item->sink != NULL;
}

static gboolean
open_file_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    const PlanFile *file = self->file;

    if (file->source) {
        item->source = plan_files_open(file, error);
    } else {
        g_autoptr(GBytes) text = g_bytes_new_static(file->content, strlen(file->content));

        item->source = memory_source_new(text, file->path);
    }

    return item->source && export_item_open_sink(self, file->path, FILE_MODE, error);
}

/* --- the journal ------------------------------------------------------------ */

/* Whether the segments of an earlier run can be used. If an image may have changed, they have to be
 * compared by their digests, which is impossible without digests. */
static gboolean
is_segment_list_usable(const ExportItem *self, const JournalLayer *earlier)
{
    const Source *source = self->engine.source;

    return earlier->segments->len > 0 && earlier->size == source->size &&
           memcmp(earlier->layout, source->layout, DIGEST_BYTES) == 0 &&
           (self->engine.want_digest || journal_is_certain(self->journal, self->number));
}

/* Reopens the file of an earlier run if the journal has durable segments of it that can be used.
 * Otherwise, or if the file did not survive a crash, the layer is copied from the beginning. */
static gboolean
reopen_layer(ExportItem *self, GError **error)
{
    const JournalLayer *earlier = self->journal ? journal_layer(self->journal, self->number) : NULL;
    const Source *source = self->engine.source;
    g_autoptr(GError) why = NULL;

    if (!earlier || !is_segment_list_usable(self, earlier))
        return TRUE;
    self->engine.sink = resume_clear(drivers_get()->reopen_file(self->dirfd, self->layer->file,
                                                                source->size, LAYER_MODE, &why),
                                     earlier->segments);
    if (self->engine.sink) {
        self->size = source->size;
        self->engine.earlier = earlier->segments;
        return TRUE;
    }
    if (!why || g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* Makes a recheck skip all segments except those that an earlier run has done. */
static void
skip_undone_segments(ExportItem *self)
{
    const JournalLayer *earlier = journal_layer(self->journal, self->number);
    gsize n = digest_n_segments(self->engine.source->size);
    g_autofree guint8 *done = g_malloc0(n + 1);

    for (guint i = 0; is_segment_list_usable(self, earlier) && i < earlier->segments->len; i++)
        done[g_array_index(earlier->segments, EngineSegment, i).index] = TRUE;
    for (gsize i = 0; i < n; i++) {
        EngineSegment segment = {.index = i};

        if (!done[i])
            g_array_append_val(self->skipped, segment);
    }
    self->engine.earlier = self->skipped;
}

static gboolean
open_layer_sink(ExportItem *self, GError **error)
{
    if (self->skipped) {
        skip_undone_segments(self);
        return TRUE;
    }
    if (self->probing)
        return TRUE;
    if (!reopen_layer(self, error))
        return FALSE;
    if (self->engine.sink)
        return TRUE;
    if (self->journal &&
        !journal_restart(self->journal, self->number, self->engine.source, error))
        return FALSE;

    return tree_remove_at(self->dirfd, self->layer->file, error) &&
           export_item_open_sink(self, self->layer->file, LAYER_MODE, error);
}

static gboolean
record_segment(EngineItem *item, gsize index, GError **error)
{
    ExportItem *self = item->user_data;

    /* A single segment is the whole file; it is recorded when the item is finished and needs no
     * sync of its own. */
    return journal_add(self->journal, self->number, index, item->nodes + index * DIGEST_BYTES,
                       item->n_segments > 1 ? item->sink : NULL, error);
}

/* Records the segments that are written when a run fails. Those that cannot be recorded are copied
 * again by the next run, so errors are ignored. */
static void
record_rest_of_layer(EngineItem *item)
{
    ExportItem *self = item->user_data;
    g_autoptr(GError) error = NULL;

    if (!journal_sync(self->journal, self->number, item->sink, &error))
        g_debug("%s", error->message);
}

/* Records the rest of the segments of a layer that is durable now. */
static gboolean
record_layer(ExportItem *self, GError **error)
{
    return !self->journal || journal_sync(self->journal, self->number, NULL, error);
}

/* --- layers --------------------------------------------------------------- */

/* Makes the head of the exported file, whose backing reference names the backing layer in the
 * export. The reference in the image itself may differ from the chain in the domain's XML. */
static gboolean
patch_layer_head(ExportItem *self, int fd, GError **error)
{
    const PlanLayer *layer = self->layer;
    const char *what = layer->source->path;
    const char *format = layer->backing ? layer->backing->format : NULL;
    g_autofree char *backing = NULL;
    g_autoptr(GBytes) head = NULL;
    gsize length;
    const guint8 *data;

    if (!layer->backing && !layer->source->backing_name)
        return TRUE;
    head = qcow2_head_read(fd, what, error);
    if (!head)
        return FALSE;
    data = g_bytes_get_data(head, &length);
    backing = layer->backing ? g_path_get_basename(layer->backing->file) : NULL;
    self->engine.head = qcow2_header_patch(data, length, backing, format, what, error);

    return self->engine.head != NULL;
}

/* What is behind the end of a qcow2 image on a block device is not copied, so check that the image
 * does not refer to it. */
static gboolean
check_source_end(const Layer *source, int fd, GError **error)
{
    return !source->block || !g_str_equal(source->format, "qcow2") ||
           image_end_check_tables(fd, source->length, source->path, error);
}

/* Opens and locks @layer, and remembers which file that is. */
static int
open_frozen(ExportItem *self, const Layer *layer, GError **error)
{
    auto_fd fd = layer_open_locked(layer, error);
    Origin *origin = fd >= 0 && !layer->block ? origin_new(fd, layer->path) : NULL;

    if (origin) {
        origin->format = g_strdup(layer->format);
        g_ptr_array_add(self->origins, origin);
    }

    return fd_steal(&fd);
}

/* They are of use only if all are known, and none has changed while it was read. */
static void
settle_origins(ExportItem *self, guint images)
{
    gboolean sure = !self->layer->live && !self->layer->snapshot && self->origins->len == images;

    for (guint i = 0; sure && i < images; i++)
        sure = origin_is_unchanged(g_ptr_array_index(self->origins, i));
    if (!sure)
        g_ptr_array_set_size(self->origins, 0);
}

static gboolean
open_copy_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    const Layer *source = self->layer->source;
    auto_fd fd = open_frozen(self, source, error);

    if (fd < 0 || !check_source_end(source, fd, error) || !patch_layer_head(self, fd, error))
        return FALSE;
    item->source = drivers_get()->wrap_part(fd_steal(&fd), source->length, source->path, error);

    return item->source && open_layer_sink(self, error);
}

gboolean
export_item_hold(ExportItem *self, GError **error)
{
    if (self->held->len > 0)
        return TRUE;
    if (!plan_internal_keeps(self->layer, error))
        return FALSE;
    for (const Layer *layer = plan_layer_frozen(self->layer); layer; layer = layer->backing) {
        int fd = open_frozen(self, layer, error);

        if (fd < 0)
            return FALSE;
        g_array_append_val(self->held, fd);
    }

    return TRUE;
}

/* The size of a compressed image is not known before it is complete. */
static gboolean
open_packed_sink(ExportItem *self, GError **error)
{
    const PlanLayer *layer = self->layer;
    g_autofree char *backing =
        layer->backing ? g_path_get_basename(layer->backing->file) : NULL;
    PackedImage image = {
        .size = self->engine.source->size,
        .level = layer->level,
        .digest = self->engine.want_digest,
        .backing_name = backing,
        .backing_format = layer->backing ? layer->backing->format : NULL,
    };

    self->engine.sink = drivers_get()->create_packed(self->dirfd, layer->file, &image, LAYER_MODE,
                                                     error);

    return self->engine.sink != NULL;
}

static gboolean
open_compress_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    int fd = open_frozen(self, self->layer->source, error);

    if (fd < 0)
        return FALSE;
    g_array_append_val(self->held, fd);
    item->source = drivers_get()->open_layer(self->layer->source, error);

    return item->source && open_packed_sink(self, error);
}

static gboolean
finish_compress_item(EngineItem *item, G_GNUC_UNUSED GError **error)
{
    ExportItem *self = item->user_data;

    self->size = item->sink->size;
    settle_origins(self, 1);
    g_atomic_int_set(&self->finished, TRUE);
    g_array_set_size(self->held, 0);

    return TRUE;
}

Source *
export_item_open_guest(const ExportItem *self, GError **error)
{
    const PlanLayer *layer = self->layer;

    if (layer->domain)
        return live_export_open(self->live, layer, TRUE, error);

    return drivers_get()->open_guest(layer->source, plan_internal_name(layer), layer->live, error);
}

static gboolean
open_flat_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    const PlanLayer *layer = self->layer;

    if (!export_item_hold(self, error))
        return FALSE;
    if (layer->level > 0) {
        item->source = export_item_open_guest(self, error);
        return item->source && open_packed_sink(self, error);
    }
    item->source =
        drivers_get()->open_flat(layer->source, plan_internal_name(layer), layer->live, error);

    return item->source && open_layer_sink(self, error);
}

/* What has changed was found before, and the chain is held since then. */
static gboolean
open_changes_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    const PlanLayer *layer = self->layer;
    g_autofree char *backing = g_path_get_basename(layer->backing->file);
    Source *disk = export_item_open_guest(self, error);

    if (!disk)
        return FALSE;
    disk = changes_source_new(self->changes, disk);
    if (layer->level > 0) {
        item->source = disk;
        return open_packed_sink(self, error);
    }
    item->source = drivers_get()->open_above(disk, backing, layer->backing->format,
                                             layer->source->path, error);

    return item->source && export_item_open_sink(self, layer->file, LAYER_MODE, error);
}

static gboolean
open_pull_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    gboolean packed = self->layer->level > 0;

    item->source = live_export_open(self->live, self->layer, packed, error);

    return item->source && (packed ? open_packed_sink(self, error) : open_layer_sink(self, error));
}

/* The domain is let go before the target has written everything down: the longer it is held, the
 * more it overwrites. */
static gboolean
let_pulled_go(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;

    g_atomic_int_set(&self->finished, TRUE);

    return live_export_read(self->live, self->layer, error);
}

static gboolean
finish_pull_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;

    self->size = item->sink->size;

    return TRUE;
}

static gboolean
check_unchanged(const Layer *layer, GError **error)
{
    auto_fd fd = layer_open(layer, error);

    return fd >= 0;
}

/* Checks at the end that all images of the chain are unchanged, so that what was read is what was
 * planned. */
static gboolean
finish_flat_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    const PlanLayer *layer = self->layer;

    for (const Layer *below = plan_layer_frozen(layer); below; below = below->backing) {
        if (!check_unchanged(below, error))
            return FALSE;
    }
    if (!plan_internal_keeps(self->layer, error))
        return FALSE;
    settle_origins(self, chain_depth(layer->source));
    if (self->probing)
        return TRUE;
    g_atomic_int_set(&self->finished, TRUE);
    self->size = item->sink->size;
    g_array_set_size(self->held, 0);

    return record_layer(self, error);
}

static gboolean
finish_copy_item(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;

    settle_origins(self, 1);
    if (self->probing)
        return TRUE;
    g_atomic_int_set(&self->finished, TRUE);

    return record_layer(self, error);
}

static gboolean
finish_recheck(EngineItem *item, GError **error)
{
    ExportItem *self = item->user_data;
    const JournalLayer *earlier = journal_layer(self->journal, self->number);

    for (guint i = 0; is_segment_list_usable(self, earlier) && i < earlier->segments->len; i++) {
        const EngineSegment *segment = &g_array_index(earlier->segments, EngineSegment, i);

        if (memcmp(item->nodes + segment->index * DIGEST_BYTES, segment->node, DIGEST_BYTES) == 0)
            continue;
        return journal_refuse(self->layer->source->path, error);
    }

    return TRUE;
}

/* --- constructors --------------------------------------------------------- */

static ExportItem *
export_item_new(int dirfd, guint64 weight, gboolean digest)
{
    ExportItem *self = g_new0(ExportItem, 1);

    self->dirfd = dirfd;
    self->origins = origins_new();
    self->held = g_array_new(FALSE, FALSE, sizeof(int));
    g_array_set_clear_func(self->held, close_held);
    self->engine.user_data = self;
    self->engine.weight = weight;
    self->engine.want_digest = digest;

    return self;
}

ExportItem *
export_item_new_file(const PlanFile *file, int dirfd, gboolean digest)
{
    ExportItem *self = export_item_new(dirfd, file->bytes, digest);

    self->file = file;
    self->engine.open = open_file_item;

    return self;
}

static gboolean
is_block_backed(const PlanLayer *layer)
{
    return plan_layer_is_whole(layer) ? chain_has_block(layer->source) : layer->source->block;
}

/* Whether what an earlier run has copied of it is still of use. What a running domain writes to, or
 * lies on a block device, cannot be told to be the same as before, a compressed image takes shape
 * as it is written, and what has changed since the base depends on that. */
static gboolean
can_resume_layer(const ExportItem *self)
{
    const PlanLayer *layer = self->layer;

    return !layer->live && !is_block_backed(layer) &&
           (self->way == PLAN_WAY_COPY || (self->way == PLAN_WAY_FLATTEN && layer->level == 0));
}

void
export_item_set_way(ExportItem *self, PlanWay way, Journal *journal)
{
    static const struct {
        gboolean (*open)(EngineItem *item, GError **error);
        gboolean (*finish)(EngineItem *item, GError **error);
    } ways[] = {
        [PLAN_WAY_COPY] = {open_copy_item, finish_copy_item},
        [PLAN_WAY_COMPRESS] = {open_compress_item, finish_compress_item},
        [PLAN_WAY_FLATTEN] = {open_flat_item, finish_flat_item},
        [PLAN_WAY_CHANGES] = {open_changes_item, finish_flat_item},
        [PLAN_WAY_PULL] = {open_pull_item, finish_pull_item},
        /* How these are made is decided when they are linked, or prepared. */
        [PLAN_WAY_RENEW] = {NULL, NULL},
        [PLAN_WAY_LINK] = {NULL, NULL},
    };

    self->way = way;
    self->engine.open = ways[way].open;
    self->engine.was_read = self->layer->domain ? let_pulled_go : NULL;
    self->engine.finish = self->layer->domain && way != PLAN_WAY_RENEW ? finish_pull_item
                                                                       : ways[way].finish;
    self->journal = can_resume_layer(self) ? journal : NULL;
    self->engine.segment = self->journal ? record_segment : NULL;
    self->engine.stop = self->journal ? record_rest_of_layer : NULL;
}

void
export_item_set_live(ExportItem *self, LiveExport *live)
{
    self->live = live;
}

ExportItem *
export_item_new_layer(const PlanLayer *layer, guint number, int dirfd, gboolean digest,
                      Journal *journal)
{
    ExportItem *self = export_item_new(dirfd, layer->bytes, digest);

    self->layer = layer;
    self->number = number;
    self->engine.part = number + 1;
    /* All images of a flattened chain are open at once, each with a descriptor for the lock, for
     * buffered and for direct reads. */
    if (plan_layer_is_whole(layer))
        self->engine.descriptors = 3 * chain_depth(layer->source);
    export_item_set_way(self, layer->way, journal);

    return self;
}

ExportItem *
export_item_new_recheck(const PlanLayer *layer, guint number, int dirfd, Journal *journal)
{
    ExportItem *self = export_item_new_layer(layer, number, dirfd, TRUE, journal);

    if (!self->journal || journal_layer(journal, number)->segments->len == 0 ||
        journal_is_certain(journal, number)) {
        export_item_free(self);
        return NULL;
    }
    self->skipped = g_array_new(FALSE, FALSE, sizeof(EngineSegment));
    self->engine.weight = self->engine.part = 0;
    self->engine.finish = finish_recheck;
    self->engine.segment = NULL;
    self->engine.stop = NULL;

    return self;
}

void
export_item_free(ExportItem *self)
{
    if (!self)
        return;
    engine_item_clear(&self->engine);
    g_clear_pointer(&self->engine.head, g_bytes_unref);
    g_array_unref(self->held);
    g_ptr_array_unref(self->origins);
    changes_unref(self->changes);
    if (self->renewal)
        self->renewal_free(self->renewal);
    part_cache_free(self->parts);
    content_nodes_free(self->contents);
    if (self->skipped)
        g_array_unref(self->skipped);
    g_free(self);
}
