/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"

G_BEGIN_DECLS

/* The origin of a copy. A driver fills in SourceOps, which is all that the engine knows of it. */

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
     * @worker (0 .. workers-1) lets a source keep one connection for each worker. Offset, length
     * and buffer are multiples of 4096, except that the last block of a source may be shorter:
     * there the buffer still has room for the whole 4096 bytes, and the source may overwrite the
     * rest. A source that ends early is CORRUPT ("was cut short"). */
    gboolean (*read)(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                     GError **error);

    /* Appends to @extents the extents (Extent) of @offset .. @offset + @length, in order, without
     * gaps and not beyond that range. NULL: everything is data. Called from several workers. */
    gboolean (*extents)(Source *source, guint worker, guint64 offset, guint64 length,
                        GArray *extents, GError **error);

    /* A descriptor of a file with the same bytes, for reflink, owned by the source. NULL or -1:
     * none. */
    int (*get_fd)(Source *source);

    /* Called after the last read. Returns FALSE with an error if the data that was read may be
     * wrong, because the file changed or the process that serves it died. NULL: that cannot
     * happen. */
    gboolean (*check)(Source *source, GError **error);

    void (*free)(Source *source);
} SourceOps;

/** The common part that every source starts with. */
struct Source {
    const SourceOps *ops;
    char *what;   /* owned: name for error texts, as "/images/base.qcow2" */
    guint64 size; /* bytes, fixed when opened */
    /* A fingerprint of the layout of a source that is generated, by which a resumed run recognises
     * it; all zeros for a source whose bytes are those of an image. */
    guint8 layout[DIGEST_BYTES];
};

/** SourceOfFile: Makes a source of the open file @fd, which the source owns from then on, also on
 * error; @what is its name in errors. Code below the drivers gets such a function to read files
 * through a Source. */
typedef Source *(*SourceOfFile)(int fd, const char *what, GError **error);

/** The largest size of a source in bytes, 512 TiB. It bounds the memory for the digest nodes, which
 * take 32 bytes for each segment while the source is moved. File systems and qcow2 allow more in
 * theory. */
#define SOURCE_BYTES_MAX ((guint64)1 << 49)

/** source_check_size: Returns: FALSE with NOT_SUPPORTED if @size exceeds SOURCE_BYTES_MAX; @what is
 * the name for the error. */
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
