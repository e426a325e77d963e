/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"

G_BEGIN_DECLS

/* Where the guest's clusters of one qcow2 image are in its file, read with distrust from its L1
 * and L2 tables. Nothing of the tables is kept but the part that was looked at last, so that an
 * image's size does not matter. Source: QEMU docs/interop/qcow2.txt. */

typedef enum {
    CLUSTER_ABSENT,     /* as the backing image has it */
    CLUSTER_ZERO,       /* zeros, whatever the backing image has */
    CLUSTER_DATA,       /* stands in the file */
    CLUSTER_COMPRESSED, /* the same, compressed: always a whole cluster */
} ClusterKind;

/** What a run of the guest's bytes is. */
typedef struct {
    ClusterKind kind;
    guint64 offset; /* data: of its first byte in the file; compressed: of the stream */
    guint64 length; /* guest bytes, never 0 */
    gsize stream_bytes; /* compressed: how many bytes the stream has at most */
} ClusterRun;

typedef struct ClusterMap ClusterMap;

/** The parts of the tables that one thread looked at last. */
typedef struct ClusterCursor ClusterCursor;

/**
 * cluster_map_new:
 * @fd: the image, open for reading; must stay open
 * @what: its path, for errors
 *
 * Returns: owned by the caller. NOT_SUPPORTED for an image that is encrypted, has its data in
 * another file or features that nobody here knows; CORRUPT.
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
 * @offset: of a guest's byte, below the virtual size
 * @length: how far to look at most, not 0; may be beyond the virtual size
 * @run: (out): what begins at @offset; as long as it is the same without a gap, but no longer
 * than a part of a table says
 *
 * Returns: FALSE with CORRUPT if the tables make no sense.
 */
gboolean cluster_map_find(const ClusterMap *self, ClusterCursor *cursor, guint64 offset,
                          guint64 length, ClusterRun *run, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterMap, cluster_map_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterCursor, cluster_cursor_free)

G_END_DECLS
