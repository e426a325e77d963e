/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Where bytes go. Sinks start out as all zeros: what is never written stays a hole. */

typedef struct Sink Sink;

typedef struct {
    const char *name; /* for messages and tests: "file", "null" */

    /* Writes @length bytes at @offset; blocks come in any order, from several workers at once.
     * Alignment as for a source's read; the last, shorter block has zeros up to 4096 behind it,
     * which the sink may write too if it cuts the file to its size later. */
    gboolean (*write)(Sink *sink, const void *buffer, guint64 offset, gsize length,
                      GError **error);

    /* Makes the sink share all bytes of @fd (FICLONE). Returns FALSE without an error if that
     * cannot be done here, and nothing was changed then. NULL: never. */
    gboolean (*clone)(Sink *sink, int fd);

    /* Tells that @length bytes at @offset are a hole of the source, and so is never written. NULL:
     * need not be told. */
    gboolean (*hole)(Sink *sink, guint64 offset, guint64 length, GError **error);

    /* Makes durable what was written so far, while others may go on writing. Once it or flush has
     * failed, both fail: what was lost then is not known. NULL: cannot. */
    gboolean (*sync)(Sink *sink, GError **error);

    /* Makes all that was written durable and gives the file its exact size. */
    gboolean (*flush)(Sink *sink, GError **error);

    /* For a sink that stores other bytes than it is given, and so has to hash them itself, zeros
     * included: the digest of its file and the nodes, digest_n_segments() of them for @size, that
     * it comes from. Asked after flush, which made @size the file's. NULL: the engine hashes what
     * it writes, and writes no blocks of zeros. @nodes: owned by the caller. */
    guint8 *(*digest)(Sink *sink, guint8 *digest);

    void (*free)(Sink *sink);
} SinkOps;

/** The common part that every sink starts with. */
struct Sink {
    const SinkOps *ops;
    char *what;   /* owned: what it is, for error texts: "layers/base-12345678.qcow2" */
    guint64 size; /* bytes, fixed when opened */
    gsize unit;   /* bytes that a write or a hole is whole multiples of, but at the source's end;
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
