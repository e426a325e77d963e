/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "qcow2/packed-image.h"
#include "transfer/sink.h"

G_BEGIN_DECLS

/* A qcow2 image with zstd clusters, made of what a guest sees. Clusters are compressed by whoever
 * writes and collected into regions of the file; a full region gets the next place in it, is
 * written and hashed, and only then do its clusters get their entries. So nobody waits for
 * another's order, and no byte is read again for the digest. Cluster 0, and what is left in
 * regions that did not fill, come last. Source: QEMU docs/interop/qcow2.txt. */

/**
 * packed_sink_new:
 * @file: where the image goes, still empty; the sink owns it from now on
 *
 * Takes whole clusters of 64 KiB. Clusters that are never written, and that no hole says
 * otherwise, are those of the backing image; a cluster of zeros that is written is one of zeros.
 * Every byte of the disk is to be written or said to be a hole, once.
 * Returns: owned by the caller; its size is the file's after flush.
 */
Sink *packed_sink_new(Sink *file, const PackedImage *image);

G_END_DECLS
