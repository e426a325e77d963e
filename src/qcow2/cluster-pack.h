/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "qcow2/layout.h"

G_BEGIN_DECLS

/** Compresses clusters for qcow2 images, in one thread. */
typedef struct ClusterPacker ClusterPacker;

/** cluster_packer_new: Returns: owned by the caller. */
ClusterPacker *cluster_packer_new(void);
void cluster_packer_free(ClusterPacker *self);

/**
 * cluster_pack:
 * @level: compression level of zstd
 * @data: a cluster of WRITTEN_CLUSTER bytes
 * @length: (inout): WRITTEN_CLUSTER; afterwards the length of the returned data in bytes
 *
 * Returns: (transfer none): the compressed stream, valid until the next call; @data itself if
 * compression does not save enough. Data that looks random in a sample is not compressed at all.
 */
const guint8 *cluster_pack(ClusterPacker *self, int level, const guint8 *data, guint32 *length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterPacker, cluster_packer_free)

G_END_DECLS
