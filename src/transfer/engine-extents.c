/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "transfer/engine-extents.h"
#include "transfer/extents.h"

/* The extents of so many segments (64 GiB) are queried at once to measure a hole. */
#define RUN_SEGMENTS 1024

static gsize
unit_of(const EngineItem *item)
{
    return item->sink && item->sink->unit > 0 ? item->sink->unit : DIGEST_BLOCK;
}

gboolean
engine_extents_find(const EngineItem *item, guint worker, guint64 start, guint64 end,
                    GArray *extents, GError **error)
{
    Source *source = item->source;

    g_array_set_size(extents, 0);
    if (source->ops->extents &&
        !source->ops->extents(source, worker, start, end - start, extents, error))
        return FALSE;
    extents_round(extents, start, end, item->head ? g_bytes_get_size(item->head) : 0,
                  unit_of(item));

    return TRUE;
}

gboolean
engine_extents_is_hole(const GArray *extents)
{
    return extents->len == 1 && !g_array_index(extents, Extent, 0).data;
}

gboolean
engine_extents_measure_hole(const EngineItem *item, guint worker, guint64 from, GArray *extents,
                            gsize *n, GError **error)
{
    Source *source = item->source;
    guint64 end = MIN(source->size / DIGEST_SEGMENT, from / DIGEST_SEGMENT + RUN_SEGMENTS);
    const Extent *first;

    *n = 0;
    if (from >= end * DIGEST_SEGMENT)
        return TRUE;
    g_array_set_size(extents, 0);
    if (!source->ops->extents(source, worker, from, end * DIGEST_SEGMENT - from, extents, error))
        return FALSE;
    first = &g_array_index(extents, Extent, 0);
    if (extents->len > 0 && !first->data)
        *n = (gsize)(first->length / DIGEST_SEGMENT);

    return TRUE;
}
