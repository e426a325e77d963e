/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* How far a job is, by what its control counts. What an earlier run had done is the least that is
 * shown, so that progress never falls. */

/**
 * job_figures_plan:
 * Sets in @info how much there is to do, and its disks.
 * Returns: what job_figures_update() needs of @plan, owned by the caller.
 */
GPtrArray *job_figures_plan(JobInfo *info, const Plan *plan);

/**
 * job_figures_update:
 * @parts: (nullable): what job_figures_plan() returned; NULL: not planned yet
 *
 * Sets all figures of @info, which then are of one moment, and agree.
 */
void job_figures_update(JobInfo *info, GPtrArray *parts, Control *control);

G_END_DECLS
