/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"
#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * chain_source_open:
 * @top: the top image of a chain that nobody writes to
 * @wrap: what reads one file of it
 *
 * What a guest sees of the chain, read from its files without QEMU: data goes from the disk to the
 * engine's buffer, and every worker reads for itself. The source's size is the disk's.
 *
 * Returns: owned by the caller; NOT_SUPPORTED if an image has what only QEMU reads (encryption).
 */
Source *chain_source_open(const Layer *top, SourceOfFile wrap, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_source_open:
 * @layer: a qcow2 image that nobody writes to
 * @wrap: what reads its file
 *
 * The same for that image alone: what it leaves to its backing image is a hole, and nothing else
 * is, zeros that hide what is below included; without a backing image, zeros are holes too.
 */
Source *layer_source_open(const Layer *layer, SourceOfFile wrap, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
