/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/engine-item.h"

G_BEGIN_DECLS

/**
 * engine_extents_find:
 * @worker: that asks
 * @extents: (element-type Extent): what it had is replaced
 *
 * Finds what of the bytes @start .. @end - 1 of the source of @item is data, in units of its sink.
 */
gboolean engine_extents_find(const EngineItem *item, guint worker, guint64 start, guint64 end,
                             GArray *extents, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** engine_extents_is_hole: Returns: whether @extents are a single hole. */
gboolean engine_extents_is_hole(const GArray *extents);

/**
 * engine_extents_measure_hole:
 * @extents: room for what is found on the way
 * @n: (out): the number of whole segments from @from on that are one hole
 *
 * The source of @item has to know its extents.
 */
gboolean engine_extents_measure_hole(const EngineItem *item, guint worker, guint64 from,
                                     GArray *extents, gsize *n, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
