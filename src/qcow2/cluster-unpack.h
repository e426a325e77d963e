/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"

G_BEGIN_DECLS

/** Decompresses clusters of qcow2 images, in one thread. */
typedef struct ClusterUnpacker ClusterUnpacker;

/** cluster_unpacker_new: Returns: owned by the caller. */
ClusterUnpacker *cluster_unpacker_new(void);
void cluster_unpacker_free(ClusterUnpacker *self);

/**
 * cluster_unpack:
 * @compression: QCOW2_COMPRESSION_ZLIB or QCOW2_COMPRESSION_ZSTD
 * @stream: @stream_bytes bytes, which may extend beyond the end of the compressed stream
 * @out: (out): @length bytes
 *
 * Returns: FALSE if @stream cannot be decompressed, or to less than @length bytes.
 */
gboolean cluster_unpack(ClusterUnpacker *self, guint8 compression, const guint8 *stream,
                        gsize stream_bytes, guint8 *out, gsize length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterUnpacker, cluster_unpacker_free)

G_END_DECLS
