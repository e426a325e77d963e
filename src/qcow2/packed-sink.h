/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "qcow2/packed-image.h"
#include "transfer/sink.h"

G_BEGIN_DECLS

/* A sink that writes what a guest sees as a qcow2 image with zstd-compressed clusters. Each worker
 * compresses the clusters that it writes and collects them in a region. A full region is given the
 * next position in the file and the table entries of its clusters are set; then the region is
 * written and hashed. So no worker waits for the order of another, and nothing is read again for
 * the digest. Cluster 0 and the content of regions that were not filled are written last. Source:
 * QEMU docs/interop/qcow2.txt. */

/**
 * packed_sink_new:
 * @file: the empty file of the image; the sink owns it from now on
 *
 * The sink takes whole clusters of 64 KiB. Each byte of the disk must be written, or reported as a
 * hole, exactly once. Holes stay unallocated, so the backing image provides them; a written cluster
 * of zeros becomes a zero cluster.
 * Returns: owned by the caller; after flush its size is that of the file.
 */
Sink *packed_sink_new(Sink *file, const PackedImage *image);

G_END_DECLS
