/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"
#include "transfer/sink.h"
#include "transfer/source.h"

G_BEGIN_DECLS

typedef struct EngineItem EngineItem;

/** A segment that was moved by an earlier run, and its node in the digest tree. */
typedef struct {
    gsize index;
    guint8 node[DIGEST_BYTES];
} EngineSegment;

/** What is known of the parts of a segment before it is moved (digest.h). */
typedef struct {
    guint8 nodes[DIGEST_SEGMENT_PARTS * DIGEST_BYTES];
    gboolean known[DIGEST_SEGMENT_PARTS]; /* which of these nodes are right */
} EngineParts;

/** One source and its sink. The caller owns the item; its results are valid after a run. */
struct EngineItem {
    /* Sets source, and sink unless the source is only read and hashed. It is called just before the
     * item is moved, so that few descriptors are open even with thousands of items. */
    gboolean (*open)(EngineItem *item, GError **error);
    /* Called when all of the source has been read and written, before the sink is flushed, for
     * which a disk may take its time. The source is not read any more. NULL: not called. */
    gboolean (*was_read)(EngineItem *item, GError **error);
    /* Called when the whole item is moved, hashed and durable; afterwards the engine frees source
     * and sink. */
    gboolean (*finish)(EngineItem *item, GError **error);
    /* Called when segment @index is moved and hashed, by several workers at once. NULL: not
     * called. */
    gboolean (*segment)(EngineItem *item, gsize index, GError **error);
    /* Says which parts of segment @index need neither be read nor written, because the sink has
     * them already and their nodes are known. Called before the segment is moved, by several
     * workers at once, each with a @hasher of its own. Returns: FALSE if all have to be moved.
     * For sources without holes. NULL: not called. */
    gboolean (*known)(EngineItem *item, gsize index, DigestSegment *hasher, EngineParts *parts);
    /* Called when the engine has hashed segment @index, with what digest_segment_parts() says of
     * it, by several workers at once. NULL: not called. */
    void (*hashed)(EngineItem *item, gsize index, const guint8 *parts);
    /* Called instead of finish, while source and sink are still open, if the run ends before the
     * item is complete. NULL: not called. */
    void (*stop)(EngineItem *item);
    gpointer user_data;

    guint64 weight; /* bytes that it counts for in the progress; the heaviest items are moved
                     * first */
    guint descriptors; /* approximate number of descriptors open while it is moved; 0: few */
    guint part;     /* part of the progress to which it counts (control_advance_part()); 0: none */
    GBytes *head;   /* (nullable): bytes that replace the first bytes of the source */
    gboolean want_digest;
    GArray *earlier; /* (nullable): EngineSegment: segments that the sink holds already; set by
                      * open */

    Source *source;
    Sink *sink;
    guint8 digest[DIGEST_BYTES]; /* result */
    guint8 *nodes;               /* result: DIGEST_BYTES for each segment; freed by
                                  * engine_item_clear() */
    gsize n_nodes;
    gboolean cloned;             /* result: the sink shares the blocks of the source (reflink) */

    /* Private to the engine. */
    guint64 credited; /* weight already counted */
    guint64 moved;    /* bytes of data moved so far */
    gsize next_segment;
    gsize n_segments;
    gsize segments_left;
    guint8 *done; /* for each segment, not 0 if an earlier run moved it; NULL: none was */
};

G_END_DECLS
