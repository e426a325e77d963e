/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/**
 * create_undo:
 * @late: not right after the failure: domains and images may be other ones now than those that were
 * looked at
 * @warnings: (element-type utf8): gets what could not be put in order
 *
 * Undoes the incomplete snapshot collection in @record: each member writes to its former images
 * again, with all that it has written since, its snapshot is removed, and no file is left. It is
 * no error if there is nothing to undo. It continues after an error of one member. Returns: FALSE
 * with the first error if something is left.
 */
gboolean create_undo(Hypervisor *hypervisor, const SetRecord *record, gboolean late,
                     GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
