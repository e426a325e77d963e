/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * chain_source_open:
 * @top: the top image of a backing chain that nobody writes to
 * @wrap: makes a Source of each file of the chain
 *
 * A source of the disk as a guest sees it, read from the files of the chain without QEMU: every
 * worker reads for itself, directly into the engine's buffer. The size of the source is the virtual
 * size of the disk.
 *
 * Returns: owned by the caller; NULL with NOT_SUPPORTED if an image uses a feature that only QEMU
 * can read, as encryption.
 */
Source *chain_source_open(const Layer *top, SourceOfFile wrap, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_source_open:
 * @layer: a qcow2 image that nobody writes to
 * @wrap: makes a Source of its file
 *
 * A source of what this image alone contributes to the disk. Clusters that it leaves to its backing
 * image are holes; zero clusters, which hide those of the backing image, are data. In an image
 * without a backing image zero clusters are holes, too.
 */
Source *layer_source_open(const Layer *layer, SourceOfFile wrap, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
