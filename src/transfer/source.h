/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"

G_BEGIN_DECLS

/* Where bytes come from. A driver fills in SourceOps; the engine knows nothing else of it. */

typedef struct Source Source;

/** A run of bytes of a source that is all data or all known to read as zeros (a hole). */
typedef struct {
    guint64 offset; /* bytes from the start of the source */
    guint64 length; /* bytes, never 0 */
    gboolean data;  /* FALSE: a hole, not to be read */
} Extent;

typedef struct {
    const char *name; /* for messages and tests: "file", "nbd" */

    /* Reads exactly @length bytes at @offset into @buffer. Called from several workers at once;
     * @worker (0 .. workers-1) lets a source keep one connection a worker. Offset, length and
     * buffer are multiples of 4096, except that the last block of a source may be shorter: there
     * the buffer still has room for the whole 4096 and the rest of it must be left or zeroed. A
     * source that ends early is CORRUPT ("was cut short"). */
    gboolean (*read)(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                     GError **error);

    /* Appends to @extents (Extent) what @offset .. @offset + @length holds, in order, without
     * gaps and not beyond that range. NULL: everything is data. Called from several workers. */
    gboolean (*extents)(Source *source, guint worker, guint64 offset, guint64 length,
                        GArray *extents, GError **error);

    /* A descriptor of the same bytes, for reflink; still owned by the source. NULL or -1: none. */
    int (*get_fd)(Source *source);

    /* After the last read: FALSE with an error if what was read may not be what was opened (the
     * file changed, the helper died). NULL: nothing can have changed. */
    gboolean (*check)(Source *source, GError **error);

    void (*free)(Source *source);
} SourceOps;

/** The common part that every source starts with. */
struct Source {
    const SourceOps *ops;
    char *what;   /* owned: what it is, for error texts: "/images/base.qcow2" */
    guint64 size; /* bytes, fixed when opened */
    /* A fingerprint of what decides where everything is, if that is not given by an image itself;
     * all zeros: it is. */
    guint8 layout[DIGEST_BYTES];
};

/** SourceOfFile: Makes a source of the open file @fd, which it owns from then on, also on error;
 * @what names it in errors. What reads files by way of a source is handed one of these. */
typedef Source *(*SourceOfFile)(int fd, const char *what, GError **error);

/** The most that a source may have, bytes: 512 TiB, of which each segment takes 32 bytes of memory
 * while it is moved. Today's file systems and QEMU's images go further, on paper. */
#define SOURCE_BYTES_MAX ((guint64)1 << 49)

/** source_check_size: Returns: FALSE with NOT_SUPPORTED if @size is more than a source may have;
 * @what names it. */
gboolean source_check_size(guint64 size, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

static inline void
source_free(Source *source)
{
    if (source)
        source->ops->free(source);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Source, source_free)

G_END_DECLS
