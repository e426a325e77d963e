/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"
#include "transfer/sink.h"
#include "transfer/source.h"

G_BEGIN_DECLS

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

G_END_DECLS
