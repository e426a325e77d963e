/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/commit-follow.h"
#include "snapshot/delete-plan.h"

G_BEGIN_DECLS

/**
 * layer_merge:
 * @follow: of the job for which @disk is merged
 *
 * Merges the upper layer of @disk into the lower one: by a block job if its domain runs, which is
 * switched over only when all is there, else by qemu-img. Suspended, a block job may write a byte a
 * second. Cancelled, the domain stays on both layers.
 */
gboolean layer_merge(const DeleteMember *member, const DeleteDisk *disk, CommitFollow *follow,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
