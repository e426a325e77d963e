/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The destination of a copy. A sink reads as all zeros at first: what is never written stays a
 * hole. */

typedef struct Sink Sink;

typedef struct {
    const char *name; /* for messages and tests: "file", "null" */

    /* Writes @length bytes at @offset. Blocks are written in any order, by several workers at once.
     * The alignment is that of a source's read; behind the last, shorter block @buffer has zeros up
     * to a multiple of 4096, which the sink may write too if it truncates the file later. */
    gboolean (*write)(Sink *sink, const void *buffer, guint64 offset, gsize length,
                      GError **error);

    /* Makes the sink share all blocks of @fd (FICLONE). Returns FALSE without an error if the file
     * system cannot do that; the sink is unchanged then. NULL: not possible. */
    gboolean (*clone)(Sink *sink, int fd);

    /* Makes a part of a sink that has cloned something, or that an earlier run has left, read as
     * zeros again. NULL: not possible. */
    gboolean (*clear)(Sink *sink, guint64 offset, guint64 length, GError **error);

    /* Reports that the @length bytes at @offset are a hole of the source, which is never written.
     * NULL: the sink does not need to know. */
    gboolean (*hole)(Sink *sink, guint64 offset, guint64 length, GError **error);

    /* Makes durable what was written so far; other workers may continue to write meanwhile. After a
     * failure of sync or flush both keep failing, because it is not known what was lost. NULL: not
     * possible. */
    gboolean (*sync)(Sink *sink, GError **error);

    /* Makes all that was written durable and gives the file its exact size. */
    gboolean (*flush)(Sink *sink, GError **error);

    /* Stores the digest of the sink's file in @digest and returns the digest_n_segments() nodes
     * from which it was computed, owned by the caller. It is for a sink that stores other bytes
     * than it is given and therefore hashes them itself; such a sink is given all blocks, including
     * zeros. Called after flush, which sets size to that of the file. NULL: the engine hashes what
     * it writes and does not write zeros. */
    guint8 *(*digest)(Sink *sink, guint8 *digest);

    void (*free)(Sink *sink);
} SinkOps;

/** The common part that every sink starts with. */
struct Sink {
    const SinkOps *ops;
    char *what;   /* owned: name for error texts, as "layers/base-12345678.qcow2" */
    guint64 size; /* bytes, fixed when opened */
    gsize unit;   /* bytes; writes and holes are multiples of it, except at the end of the source;
                   * 0: DIGEST_BLOCK */
};

static inline void
sink_free(Sink *sink)
{
    if (sink)
        sink->ops->free(sink);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Sink, sink_free)

G_END_DECLS
