/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* How far a job is, by what its control counts. What an earlier run had done is the least that is
 * shown, so that progress never falls. */

/** What a run is going to do. Nothing in it is owned. */
typedef struct {
    guint64 end;         /* bytes there are to do, all together */
    GPtrArray *disks;    /* JobDisk, with @end set */
    GPtrArray *parts;    /* GArray of guint, one for each disk: which parts of the control's
                          * progress (control_advance_part()) are its own; not changed any more */
    guint64 bandwidth;   /* bytes a second, unless somebody has set another; 0: no limit */
    GPtrArray *warnings; /* char*: what cannot be kept */
    const JobReport *report; /* what will be made; NULL: nothing to report */
} JobPlanned;

/**
 * job_figures_plan:
 * Sets in @info how much there is to do, and its disks.
 * Returns: what job_figures_update() needs of @planned, owned by the caller.
 */
GPtrArray *job_figures_plan(JobInfo *info, const JobPlanned *planned);

/**
 * job_figures_update:
 * @parts: (nullable): what job_figures_plan() returned; NULL: not planned yet
 *
 * Sets all figures of @info, which then are of one moment, and agree.
 */
void job_figures_update(JobInfo *info, GPtrArray *parts, Control *control);

G_END_DECLS
