/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/delete-plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * layer_merge:
 * @part: of the progress that the disk has
 *
 * Merges the upper layer of @disk into the lower one: by a block job if its domain runs, which is
 * switched over only when all is there, else by qemu-img. Suspended, a block job may write a byte a
 * second. Cancelled, the domain stays on both layers.
 */
gboolean layer_merge(Hypervisor *hypervisor, const DeleteMember *member, const DeleteDisk *disk,
                     guint part, Control *control, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
