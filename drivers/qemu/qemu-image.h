/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/**
 * qemu_image_describe:
 * @top: the top image of a chain
 * @lock: whether QEMU is to take its image locks; not for an image that a running domain writes
 *
 * Returns: a json: description of the whole chain for QEMU, every format said, so that QEMU
 * guesses nothing and follows no reference of its own; owned by the caller.
 */
char *qemu_image_describe(const Layer *top, gboolean lock);

G_END_DECLS
