/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/apply-plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/** Parts of the work that each member has, for its progress. */
#define APPLY_STEPS 5

/**
 * apply_run:
 * @control: asked before each step whether to end; told of APPLY_STEPS for each member
 * @warnings: (element-type utf8): gets what could not be put in order
 *
 * Carries a plan out: keeps the present state of all members, makes their new layers, has them go
 * back one after the other, and starts those that are to run. When a step fails or it is to end,
 * what was changed is put back, memory included, and the set that kept it removed. A record is
 * written before the first change, with which set_recover() brings all into order when this process
 * is killed.
 */
gboolean apply_run(Hypervisor *hypervisor, const ApplyPlan *plan, Control *control,
                   GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
