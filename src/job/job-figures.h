/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Computes the figures of a job from what its Control has counted. They never fall below those of
 * an earlier run, so that the progress never decreases. */

/** What a run is going to do. It owns none of its members. */
typedef struct {
    guint64 end;         /* total amount of work in bytes */
    GPtrArray *disks;    /* JobDisk, with @end set */
    GPtrArray *parts;    /* GArray of guint, one for each disk: the parts of the control's progress
                          * (control_advance_part()) that count for this disk; must not be changed
                          * any more */
    guint64 bandwidth;   /* limit in bytes a second, used unless the user has set another; 0: no
                          * limit */
    GPtrArray *warnings; /* char*: warnings about what the result will not contain */
    const JobReport *report; /* what will be created; NULL: nothing to report */
} JobPlanned;

/**
 * job_figures_plan:
 * Sets the amount of work and the disks in @info.
 * Returns: the parts of @planned, for job_figures_update(); owned by the caller.
 */
GPtrArray *job_figures_plan(JobInfo *info, const JobPlanned *planned);

/**
 * job_figures_update:
 * @parts: (nullable): the result of job_figures_plan(); NULL: not planned yet
 *
 * Sets all figures of @info to consistent values of one moment.
 */
void job_figures_update(JobInfo *info, GPtrArray *parts, Control *control);

G_END_DECLS
