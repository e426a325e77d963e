/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"
#include "transfer/engine-item.h"

G_BEGIN_DECLS

/* Moves bytes: any number of sources, each into its sink, by several workers, with the digest
 * computed while a block is in cache. Without a sink it reads and hashes only (verify). */

/** What a run did, for tests and benches; does not depend on the clock. */
typedef struct {
    guint64 bytes_read;
    guint64 bytes_written;
    guint64 blocks_zero; /* blocks that were read, were all zeros, and so were not written */
    gboolean sink_failed; /* the error is one of a sink */
} EngineStats;

/** Frees what a run left in @item, not the item. */
void engine_item_clear(EngineItem *item);

/** How many workers there are if nobody says how many: enough that a disk has something to write
 * while others hash, on two processors as well. */
#define ENGINE_WORKERS 16

/**
 * engine_run:
 * @items: (element-type EngineItem): sorted by the engine
 * @workers: 1..64; 0: ENGINE_WORKERS
 * @control: progress and orders
 * @stats: (out) (optional)
 *
 * Returns: TRUE when every item is finished; else the first error, with all workers ended and
 * every source and sink freed.
 */
gboolean engine_run(GPtrArray *items, guint workers, Control *control, EngineStats *stats,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
