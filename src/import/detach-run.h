/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/detach-plan.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/**
 * detach_run:
 * @run: whose control counts the progress in bytes, with the part I for disk I-1 of the plan, and
 * ends one byte short of its end; its plan has the disks of @plan, and it is told what becomes of
 * each
 *
 * Carries out @plan. Returns: TRUE if the domain needs no export any more, now and when it is
 * started next. Otherwise it has all its data as before, some of its disks may be done, and the
 * same once more goes on with the rest.
 */
gboolean detach_run(Hypervisor *hypervisor, const DetachPlan *plan, JobRun *run, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
