/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-run.h"
#include "snapshot/apply-plan.h"

G_BEGIN_DECLS

/* The way back to a snapshot set as the work of a job. */

/** JobType of Msvm_ConcreteJob: application of a snapshot. */
#define JOB_TYPE_SNAPSHOT_APPLY 71

extern const JobWorkType apply_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *collection;
    char *snapshot;
    gboolean discard;
    ApplyState state;

    /* Its results: */
    ApplyPlan *plan;     /* plan of the last run; NULL: none was made */
    GPtrArray *warnings; /* char* */
} ApplyWork;

/** apply_work_new: Returns: owned by the caller, as job_work_unref() frees it. */
ApplyWork *apply_work_new(const char *collection, const char *snapshot, gboolean discard,
                          ApplyState state);

G_END_DECLS
