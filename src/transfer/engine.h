/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/control.h"
#include "transfer/digest.h"
#include "transfer/sink.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/* Moves bytes: any number of sources, each into its sink, by several workers, with the digest
 * computed while a block is in cache. Without a sink it reads and hashes only (verify). */

typedef struct EngineItem EngineItem;

/** A segment that is moved, and its node of the digest. */
typedef struct {
    gsize index;
    guint8 node[DIGEST_BYTES];
} EngineSegment;

/** One source and where it goes. The engine owns none of it; results are valid after a run. */
struct EngineItem {
    /* Sets source, and sink unless it is to be read only. Called when the item's turn comes, so
     * that thousands of items need few descriptors. */
    gboolean (*open)(EngineItem *item, GError **error);
    /* Called when all of it is moved, hashed and durable; source and sink are freed after it. */
    gboolean (*finish)(EngineItem *item, GError **error);
    /* Called when segment @index is moved and hashed, by several workers at once. NULL: none. */
    gboolean (*segment)(EngineItem *item, gsize index, GError **error);
    /* Called instead of finish, with both ends still open, if the run ends before the item does.
     * NULL: none. */
    void (*stop)(EngineItem *item);
    gpointer user_data;

    guint64 weight; /* bytes it counts for in the progress, and the order: heaviest first */
    guint descriptors; /* open at once while it is moved, about; 0: few */
    guint part;     /* of the progress that it counts for; 0: none */
    GBytes *head;   /* (nullable): bytes in place of the source's first ones */
    gboolean want_digest;
    GArray *earlier; /* (nullable): EngineSegment: those that the sink holds already; set by open */

    Source *source;
    Sink *sink;
    guint8 digest[DIGEST_BYTES]; /* result */
    guint8 *nodes;               /* result: DIGEST_BYTES a segment; freed by engine_item_clear */
    gsize n_nodes;
    gboolean cloned;             /* result: shares the source's blocks (reflink) */

    /* The engine's own. */
    guint64 credited; /* weight already counted */
    guint64 moved;    /* bytes of data moved so far */
    gsize next_segment;
    gsize n_segments;
    gsize segments_left;
    guint8 *done; /* one a segment: not 0 if it was there earlier, NULL: none was */
};

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
