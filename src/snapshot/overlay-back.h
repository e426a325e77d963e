/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/** overlay_is_above_source: Returns: whether the overlay of @disk, if there is one, is directly
 * above the image that the record names. */
gboolean overlay_is_above_source(const SetDisk *disk);

/**
 * overlay_point_back:
 * Points @disk of the domain @uuid, which is shut off, back to the image below an overlay without
 * data. QEMU's image lock keeps the domain from being started meanwhile; if the overlay is missing,
 * or its file system has no locks, none is taken.
 *
 * Returns: FALSE without a change: IN_USE if the overlay is in use or has data, INVALID_STATE if
 * there is another image between.
 */
gboolean overlay_point_back(Hypervisor *hypervisor, const char *uuid, const SetDisk *disk,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
