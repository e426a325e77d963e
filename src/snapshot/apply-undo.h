/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "hypervisor/layer-ops.h"

G_BEGIN_DECLS

/**
 * apply_undo:
 * @record: of the set that keeps what there was; not complete
 * @keep: (out): TRUE if the record stays, complete now
 * @warnings: (element-type utf8): gets what was done
 *
 * Brings domains into order of which a killed process had not all go back to a snapshot. If all
 * had, those that were still to run do. Else all are put back, also with what they have written
 * meanwhile; only if a domain that had gone back was used since, or one that ran and had not is off
 * and may have run since, nothing is changed, and the set stays with what there was before.
 */
gboolean apply_undo(Hypervisor *hypervisor, SetRecord *record, gboolean *keep, GPtrArray *warnings,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
