/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "export/export-bitmap.h"
#include "export/export-items-private.h"
#include "export/live.h"
#include "hypervisor/drivers.h"
#include "util/fd.h"

/* At how many places it is looked whether the bitmap is right, and how far from each for data. */
#define SPOTS 32
#define SPOT_WINDOW ((guint64)1 << 20)
/* How much of a disk it is asked at once where it has data. */
#define LOST_STEP ((guint64)1 << 30)

/* A disk, and what the base has of it. */
typedef struct {
    Changes *changes; /* not owned, as the next two */
    Source *now;
    Source *before;
    guint8 *block_now; /* owned, as what follows: CHANGES_UNIT */
    guint8 *block_before;
    GArray *extents;
} SpotCheck;

static void
spot_check_clear(SpotCheck *self)
{
    free(self->block_now);
    free(self->block_before);
    g_array_unref(self->extents);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SpotCheck, spot_check_clear)

/* The first part in @extent that has not changed; the end of the extent if all have. */
static guint64
first_unchanged(const SpotCheck *self, const Extent *extent)
{
    guint64 end = extent->offset + extent->length;
    guint64 at = extent->offset / CHANGES_UNIT * CHANGES_UNIT;

    while (at < end && changes_has(self->changes, at))
        at += CHANGES_UNIT;

    return at;
}

/* Looks from @from on for a part that has data in the base and has not changed. */
static gboolean
find_spot(SpotCheck *self, guint64 from, guint64 end, guint64 *offset, gboolean *found,
          GError **error)
{
    Source *before = self->before;
    Extent all = {from, end - from, TRUE};

    g_array_set_size(self->extents, 0);
    if (!before->ops->extents)
        g_array_append_val(self->extents, all);
    else if (!before->ops->extents(before, 0, from, end - from, self->extents, error))
        return FALSE;
    *found = FALSE;
    for (guint i = 0; i < self->extents->len && !*found; i++) {
        const Extent *extent = &g_array_index(self->extents, Extent, i);

        if (!extent->data)
            continue;
        *offset = first_unchanged(self, extent);
        *found = *offset < extent->offset + extent->length;
    }

    return TRUE;
}

static gboolean
compare_spot(SpotCheck *self, guint64 offset, gsize length, gboolean *same, GError **error)
{
    if (!self->now->ops->read(self->now, 0, self->block_now, offset, length, error) ||
        !self->before->ops->read(self->before, 0, self->block_before, offset, length, error))
        return FALSE;
    *same = memcmp(self->block_now, self->block_before, length) == 0;

    return TRUE;
}

static gboolean
check_spots(SpotCheck *self, Control *control, gboolean *same, GError **error)
{
    guint64 size = MIN(self->now->size, self->before->size);
    guint64 step = MAX(size / SPOTS / CHANGES_UNIT, 1) * CHANGES_UNIT;

    *same = TRUE;
    for (guint64 from = 0; from < size && *same; from += step) {
        guint64 end = MIN(from + MIN(step, SPOT_WINDOW), size);
        guint64 offset = 0;
        gboolean found;

        if (!find_spot(self, from, end, &offset, &found, error))
            return FALSE;
        if (!found)
            continue;
        if (!control_pass(control, CHANGES_UNIT, error) ||
            !compare_spot(self, offset, (gsize)MIN(CHANGES_UNIT, size - offset), same, error))
            return FALSE;
    }

    return TRUE;
}

/* Adds what QEMU has in its bitmap, and what the disk has grown by, which is not in the bitmap
 * unless it was written to. */
static gboolean
ask_qemu(const ExportItem *item, guint64 size, Changes *dirty, GError **error)
{
    const PlanLayer *layer = item->layer;
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    guint64 before = layer->before->capacity;

    if (!live_export_find_dirty(item->live, layer, extents, error))
        return FALSE;
    for (guint i = 0; i < extents->len; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);

        if (extent->data)
            changes_add(dirty, extent->offset, extent->length);
    }
    if (before < size)
        changes_add(dirty, before, size - before);

    return TRUE;
}

/* Of what is in the bitmap, what the disk has data of has changed. The rest are discarded and
 * zeroed blocks, which have changed where the base has data: add_lost(). */
static void
add_written(Changes *changes, Changes *dirty, const Extent *data)
{
    guint64 end = data->offset + data->length;

    for (guint64 at = data->offset / CHANGES_UNIT * CHANGES_UNIT; at < end; at += CHANGES_UNIT) {
        if (changes_has(dirty, at))
            changes_add(changes, at, MIN(CHANGES_UNIT, end - at));
    }
}

/* In the bitmap of a disk that became smaller and larger again what is behind the smaller size has
 * not changed, though it reads as zeros now. So what the base has data of, and the disk a hole,
 * has changed. */
static gboolean
add_lost(Changes *changes, Source *before, const Extent *hole, GArray *extents, GError **error)
{
    Extent all = {hole->offset, hole->length, TRUE};

    g_array_set_size(extents, 0);
    if (!before->ops->extents)
        g_array_append_val(extents, all);
    else if (!before->ops->extents(before, 0, hole->offset, hole->length, extents, error))
        return FALSE;
    for (guint i = 0; i < extents->len; i++) {
        const Extent *extent = &g_array_index(extents, Extent, i);

        if (extent->data)
            changes_add(changes, extent->offset, extent->length);
    }

    return TRUE;
}

static gboolean
add_parts(SpotCheck *self, Changes *dirty, GArray *present, GError **error)
{
    for (guint i = 0; i < present->len; i++) {
        Extent extent = g_array_index(present, Extent, i);

        if (extent.data) {
            add_written(self->changes, dirty, &extent);
            continue;
        }
        if (extent.offset >= self->before->size)
            continue;
        extent.length = MIN(extent.length, self->before->size - extent.offset);
        if (!add_lost(self->changes, self->before, &extent, self->extents, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
find_changes(SpotCheck *self, Changes *dirty, Control *control, GError **error)
{
    guint64 size = self->now->size;
    g_autoptr(GArray) present = g_array_new(FALSE, FALSE, sizeof(Extent));

    for (guint64 from = 0; from < size; from += LOST_STEP) {
        Extent all = {from, MIN(LOST_STEP, size - from), TRUE};

        g_array_set_size(present, 0);
        if (!control_pass(control, 0, error))
            return FALSE;
        if (!self->now->ops->extents)
            g_array_append_val(present, all);
        else if (!self->now->ops->extents(self->now, 0, all.offset, all.length, present, error))
            return FALSE;
        if (!add_parts(self, dirty, present, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
export_bitmap_find_changes(ExportItem *item, Control *control, gboolean *sure, GError **error)
{
    const PlanLayer *layer = item->layer;
    g_autoptr(Source) now = export_item_open_guest(item, error);
    g_autoptr(Source) before =
        now ? drivers_get()->open_guest(layer->before, NULL, FALSE, error) : NULL;
    g_auto(SpotCheck) check = {NULL, now, before, fd_buffer_new(CHANGES_UNIT),
                               fd_buffer_new(CHANGES_UNIT),
                               g_array_new(FALSE, FALSE, sizeof(Extent))};
    g_autoptr(Changes) dirty = NULL;

    if (!before)
        return FALSE;
    dirty = changes_new(now->size, layer->source->path, error);
    check.changes = item->changes = changes_new(now->size, layer->source->path, error);

    return dirty && item->changes && ask_qemu(item, now->size, dirty, error) &&
           find_changes(&check, dirty, control, error) &&
           check_spots(&check, control, sure, error);
}
