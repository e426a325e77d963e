/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/set-record.h"
#include "snapshot/apply-plan.h"

G_BEGIN_DECLS

/* What is written down before domains go back to a snapshot: the record of the set that keeps their
 * present state. It is complete when all have gone back; until then it tells apply_undo() what a
 * killed process was about to do. */

/** apply_record_new: Returns: the record of the set plan->before, not complete; owned by the
 * caller. */
SetRecord *apply_record_new(const ApplyPlan *plan);

/** apply_record_end: Completes and saves the record: all of its snapshots are there, and all
 * domains have gone back. */
gboolean apply_record_end(Hypervisor *hypervisor, SetRecord *record, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
