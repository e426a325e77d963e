/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"

G_BEGIN_DECLS

/* The mapping of guest clusters to positions in the file of one qcow2 image, read from its L1 and
 * L2 tables without trusting them. Only the part of the tables that was read last is kept in
 * memory, whatever the size of the image. Source: QEMU docs/interop/qcow2.txt. */

typedef enum {
    CLUSTER_ABSENT,     /* not allocated: the backing image provides it */
    CLUSTER_ZERO,       /* reads as zeros, whatever the backing image has */
    CLUSTER_DATA,       /* stored in the file */
    CLUSTER_COMPRESSED, /* stored compressed, always as a whole cluster */
} ClusterKind;

/** A run of guest bytes of one kind. */
typedef struct {
    ClusterKind kind;
    guint64 offset; /* offset in the file of its data, or of the compressed stream */
    guint64 length; /* guest bytes, never 0 */
    gsize stream_bytes; /* compressed: the maximal length of the stream */
} ClusterRun;

typedef struct ClusterMap ClusterMap;

/** The parts of the tables that one thread has read last. */
typedef struct ClusterCursor ClusterCursor;

/**
 * cluster_map_new:
 * @fd: the image, open for reading; must stay open
 * @what: its path, for errors
 *
 * Returns: owned by the caller. NOT_SUPPORTED for an image that is encrypted, has an external data
 * file or unknown features; CORRUPT.
 */
ClusterMap *cluster_map_new(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void cluster_map_free(ClusterMap *self);

/** cluster_map_header: Returns: (transfer none): the header of the image. */
const Qcow2Header *cluster_map_header(const ClusterMap *self);

/** cluster_cursor_new: Returns: owned by the caller; for one thread and one map. */
ClusterCursor *cluster_cursor_new(void);
void cluster_cursor_free(ClusterCursor *cursor);

/**
 * cluster_map_find:
 * @offset: guest offset in bytes, below the virtual size
 * @length: maximal length of the run in bytes, not 0; it may extend beyond the virtual size
 * @run: (out): the run that begins at @offset, of one kind and contiguous in the file; it ends at
 * the latest with the part of the table that was read
 *
 * Returns: FALSE with CORRUPT if the tables are invalid.
 */
gboolean cluster_map_find(const ClusterMap *self, ClusterCursor *cursor, guint64 offset,
                          guint64 length, ClusterRun *run, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterMap, cluster_map_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterCursor, cluster_cursor_free)

G_END_DECLS
