/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"
#include "transfer/engine-item.h"

G_BEGIN_DECLS

/* Copies any number of sources, each into its sink, with several worker threads. The digest of a
 * block is computed while the block is in the processor's cache. Items without a sink are only read
 * and hashed, for verification. */

/** Figures of a run for tests and benchmarks, none of which depend on the clock. */
typedef struct {
    guint64 bytes_read;
    guint64 bytes_written;
    guint64 blocks_zero; /* blocks that were read but not written, because they were all zeros */
    gboolean sink_failed; /* the run failed because of a sink */
} EngineStats;

/** Frees the results of a run in @item, not @item itself. */
void engine_item_clear(EngineItem *item);

/** Default number of workers: even on two processors enough to keep the disk writing while other
 * workers hash. */
#define ENGINE_WORKERS 16

/**
 * engine_run:
 * @items: (element-type EngineItem): the engine sorts this array
 * @workers: 1..64; 0: ENGINE_WORKERS
 * @control: receives the progress; suspends, limits and ends the run
 * @stats: (out) (optional)
 *
 * Returns: TRUE when every item is finished; FALSE with the first error, when all workers have
 * ended and every source and sink is freed.
 */
gboolean engine_run(GPtrArray *items, guint workers, Control *control, EngineStats *stats,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
