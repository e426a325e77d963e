/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-def.h"

G_BEGIN_DECLS

/**
 * apply_frozen_check:
 * @def: a snapshot
 * @disk: one of its disks
 * @base: the layer that it froze
 * @warnings: (element-type utf8): gets a text if nobody can tell
 *
 * Returns: FALSE with CORRUPT if @base was written to since the snapshot, as by a removal that was
 * interrupted, or by another program: then it does not hold that state any more.
 */
gboolean apply_frozen_check(const SnapshotDef *def, const DiskDef *disk, const Layer *base,
                            GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
