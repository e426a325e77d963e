/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "qcow2/layout.h"

G_BEGIN_DECLS

/** What compresses clusters for qcow2 images; one a thread. */
typedef struct ClusterPacker ClusterPacker;

/** cluster_packer_new: Returns: owned by the caller. */
ClusterPacker *cluster_packer_new(void);
void cluster_packer_free(ClusterPacker *self);

/**
 * cluster_pack:
 * @level: of zstd
 * @data: *@length bytes, WRITTEN_CLUSTER of them
 * @length: (inout): of what is returned
 *
 * Returns: the stream, which is valid until the next call, or @data if compressing it does not
 * pay: noise is told by a sample of it.
 */
const guint8 *cluster_pack(ClusterPacker *self, int level, const guint8 *data, guint32 *length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ClusterPacker, cluster_packer_free)

G_END_DECLS
