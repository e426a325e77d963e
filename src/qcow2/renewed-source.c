/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "qcow2/layout.h"
#include "qcow2/renewed-map.h"
#include "qcow2/renewed-source.h"
#include "util/fd.h"

#define CLUSTER WRITTEN_CLUSTER
/* The block map of the disk is queried in steps of this size. */
#define MAP_STEP ((guint64)4 << 30)

typedef struct {
    Source parent;
    Source *image; /* owned, and so are the others */
    Source *disk;
    const RankedBits *changed; /* but this */
    RankedBits *data;
    RenewedMap *map;
} RenewedSource;

const RenewedMap *
renewed_source_map(const Source *source)
{
    return ((const RenewedSource *)source)->map;
}

static gboolean
read_table(RenewedSource *self, guint worker, const Place *place, guint8 *out, gsize skip,
           gsize length, GError **error)
{
    guint8 *cluster = fd_buffer_new(CLUSTER);
    gboolean there = place->at < self->map->old;
    gboolean done = !there || self->image->ops->read(self->image, worker, cluster,
                                                     place->at * CLUSTER, CLUSTER, error);

    if (!there)
        memset(cluster, 0, CLUSTER);
    if (done) {
        renewed_map_make(self->map, place, cluster);
        memcpy(out, cluster + skip, length);
    }
    free(cluster);

    return done;
}

static gboolean
read_disk(RenewedSource *self, guint worker, guint8 *out, guint64 offset, gsize length,
          GError **error)
{
    Source *disk = self->disk;
    gsize have = (gsize)MIN(length, disk->size - MIN(offset, disk->size));

    memset(out + have, 0, length - have);

    return have == 0 || disk->ops->read(disk, worker, out, offset, have, error);
}

/* How much from @offset on can be read at once, at most @length: the same kind, and, of the disk,
 * what is also there one behind the other. */
static gsize
measure_run(const RenewedSource *self, const Place *first, guint64 offset, gsize length)
{
    gsize run = CLUSTER - offset % CLUSTER;
    gboolean data = first->kind == PLACE_DATA;

    if (!data && first->kind != PLACE_IMAGE && first->kind != PLACE_ZERO)
        return MIN(run, length);
    for (guint64 i = 1; run < length; i++, run += CLUSTER) {
        Place next = first->at + i < self->map->total
                         ? renewed_map_place(self->map, first->at + i) : (Place){0};

        if (next.kind != first->kind || (data && next.number != first->number + i))
            break;
    }

    return MIN(run, length);
}

static gboolean
renewed_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                    GError **error)
{
    RenewedSource *self = (RenewedSource *)source;
    guint8 *out = buffer;

    while (length > 0) {
        Place place = renewed_map_place(self->map, offset / CLUSTER);
        guint64 skip = offset % CLUSTER;
        gsize part = measure_run(self, &place, offset, length);
        gboolean done = TRUE;

        if (place.kind == PLACE_IMAGE)
            done = self->image->ops->read(self->image, worker, out, offset, part, error);
        else if (place.kind == PLACE_DATA)
            done = read_disk(self, worker, out, place.number * CLUSTER + skip, part, error);
        else if (place.kind == PLACE_ZERO)
            memset(out, 0, part);
        else
            done = read_table(self, worker, &place, out, (gsize)skip, part, error);
        if (!done)
            return FALSE;
        out += part;
        offset += part;
        length -= part;
    }

    return TRUE;
}

static gboolean
renewed_source_check(Source *source, GError **error)
{
    RenewedSource *self = (RenewedSource *)source;

    return (!self->disk->ops->check || self->disk->ops->check(self->disk, error)) &&
           (!self->image->ops->check || self->image->ops->check(self->image, error));
}

static void
renewed_source_free(Source *source)
{
    RenewedSource *self = (RenewedSource *)source;

    source_free(self->image);
    source_free(self->disk);
    renewed_map_free(self->map);
    ranked_bits_free(self->data);
    g_free(source->what);
    g_free(self);
}

static const SourceOps renewed_source_ops = {
    .name = "renewed",
    .read = renewed_source_read,
    .check = renewed_source_check,
    .free = renewed_source_free,
};

/* Finds which of the changed extents have data, and are not zeros. */
static gboolean
find_renewed_data(RenewedSource *self, GError **error)
{
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    Source *disk = self->disk;

    for (guint64 at = 0; at < disk->size; at += MAP_STEP) {
        guint64 length = MIN(MAP_STEP, disk->size - at);
        Extent all = {at, length, TRUE};

        if (!ranked_bits_any(self->changed, at / CLUSTER, units_for(at + length, CLUSTER)))
            continue;
        g_array_set_size(extents, 0);
        if (!disk->ops->extents)
            g_array_append_val(extents, all);
        else if (!disk->ops->extents(disk, 0, at, length, extents, error))
            return FALSE;
        for (guint i = 0; i < extents->len; i++) {
            const Extent *extent = &g_array_index(extents, Extent, i);

            if (extent->data)
                ranked_bits_set(self->data, extent->offset / CLUSTER,
                                units_for(extent->offset + extent->length, CLUSTER));
        }
    }
    ranked_bits_index(self->data);

    return TRUE;
}

Source *
renewed_source_new(int fd, Source *image, Source *disk, const RankedBits *changed, GError **error)
{
    RenewedSource *self = g_new0(RenewedSource, 1);
    g_autoptr(Source) source = &self->parent;

    source->ops = &renewed_source_ops;
    source->what = g_strdup(image->what);
    self->image = image;
    self->disk = disk;
    self->changed = changed;
    self->data = ranked_bits_new(units_for(disk->size, CLUSTER) + 1);
    if (!self->data) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot map the disk of '%s'"), source->what);
        return NULL;
    }
    if (!find_renewed_data(self, error))
        return NULL;
    self->map = renewed_map_new(fd, image->size, disk->size, changed, self->data, source->what,
                                error);
    if (!self->map)
        return NULL;
    source->size = self->map->total * CLUSTER;

    return g_steal_pointer(&source);
}


gboolean
renewed_source_differs(const Source *source, guint64 from, guint64 to)
{
    return renewed_map_differs(renewed_source_map(source), from, to);
}
