/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "qcow2/packed-region.h"
#include "util/fd.h"

PackedRegion *
packed_region_new(gsize reserved)
{
    PackedRegion *region = g_new0(PackedRegion, 1);

    region->data = fd_buffer_new(PACKED_REGION);
    region->pieces = g_array_new(FALSE, FALSE, sizeof(PackedPiece));
    packed_region_clear(region);
    memset(region->data, 0, reserved);
    region->front = reserved;

    return region;
}

void
packed_region_free(PackedRegion *region)
{
    if (!region)
        return;
    free(region->data);
    g_array_unref(region->pieces);
    g_free(region);
}

void
packed_region_clear(PackedRegion *region)
{
    g_array_set_size(region->pieces, 0);
    region->front = 0;
    region->back = PACKED_REGION;
}

gboolean
packed_region_add(PackedRegion *region, const PackedPiece *piece, const void *data)
{
    PackedPiece added = *piece;

    if (region->back - region->front < piece->length)
        return FALSE;
    if (piece->length == WRITTEN_CLUSTER) {
        region->back -= WRITTEN_CLUSTER;
        added.offset = (guint32)region->back;
    } else {
        added.offset = (guint32)region->front;
        region->front += piece->length;
    }
    memcpy(region->data + added.offset, data, piece->length);
    g_array_append_val(region->pieces, added);

    return TRUE;
}

void
packed_region_seal(PackedRegion *region)
{
    memset(region->data + region->front, 0, region->back - region->front);
}

gsize
packed_region_compact(PackedRegion *region)
{
    gsize to = (region->front + WRITTEN_CLUSTER - 1) / WRITTEN_CLUSTER * WRITTEN_CLUSTER;
    gsize moved = region->back - to;

    packed_region_seal(region);
    memmove(region->data + to, region->data + region->back, PACKED_REGION - region->back);
    for (guint i = 0; i < region->pieces->len; i++) {
        PackedPiece *piece = &g_array_index(region->pieces, PackedPiece, i);

        if (piece->length == WRITTEN_CLUSTER)
            piece->offset -= (guint32)moved;
    }
    region->back = to;

    return PACKED_REGION - moved;
}
