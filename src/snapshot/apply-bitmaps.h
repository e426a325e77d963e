/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "snapshot/image-users.h"

G_BEGIN_DECLS

/**
 * apply_bitmaps_check:
 * @def: an internal snapshot of @domain, to which it is to go back
 *
 * QEMU goes back to no internal snapshot of an image that has a dirty bitmap, also not to the one
 * that keeps the present state, and libvirt has ended the domain by then. Returns: FALSE with
 * INVALID_STATE, naming the checkpoints of the domain or the image with bitmaps, and what removes
 * them.
 */
gboolean apply_bitmaps_check(Hypervisor *hypervisor, const ImageUsers *users,
                             const DomainSurvey *domain, const SnapshotDef *def,
                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
