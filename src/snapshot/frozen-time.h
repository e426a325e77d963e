/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/origin.h"
#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* When a frozen image was written to. An image that a snapshot froze has the bitmaps of the
 * checkpoints that were made before; with such a checkpoint libvirt removes the bitmap, and the
 * image has a new mtime, though a guest would see the same. Where virtsnap has a checkpoint removed
 * it notes the times of these images before and after, in the directory "frozen" of its state, so
 * that this is not taken for a write. What another program has removed cannot be told. */

typedef struct FrozenTimes FrozenTimes;

/** frozen_times_look: Looks at the frozen images of @domain before a checkpoint is removed.
 * Returns: (nullable): for frozen_times_note(). */
FrozenTimes *frozen_times_look(Hypervisor *hypervisor, const char *domain);

/** frozen_times_note: Looks at them again, notes what has changed, and frees @self (nullable). What
 * cannot be noted is taken for written to later. */
void frozen_times_note(FrozenTimes *self);

/**
 * frozen_time_of:
 * @path: absolute
 * @modified: the present mtime
 *
 * Returns: when the image was written to last, other than by the removal of a checkpoint that is
 * noted.
 */
OriginTime frozen_time_of(const char *path, guint64 inode, OriginTime modified);

G_END_DECLS
