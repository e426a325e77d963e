/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-run.h"
#include "snapshot/delete-plan.h"
#include "snapshot/set-state.h"

G_BEGIN_DECLS

/* The removal of a snapshot set as the work of a job, and its conversion to a reference point,
 * which leaves the checkpoints that were made with it. */

/** JobType of Msvm_ConcreteJob: removal of a snapshot, and its conversion to a reference point. */
#define JOB_TYPE_SNAPSHOT_DELETE 72
#define JOB_TYPE_REFERENCE_POINT_CONVERT 200

extern const JobWorkType delete_work_type;
extern const JobWorkType convert_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *collection;
    char *snapshot;
    gboolean metadata;
    guint64 bandwidth; /* bytes a second; 0: no limit */

    /* Its results: */
    SetState *state;     /* what is converted; NULL: a removal, or it was not looked at */
    DeletePlan *plan;    /* plan of the last run; NULL: none was made */
    GPtrArray *records;  /* SetRecord: those that there are */
    GPtrArray *warnings; /* char* */
} DeleteWork;

/** delete_work_new: Returns: owned by the caller, as job_work_unref() frees it. */
DeleteWork *delete_work_new(const char *collection, const char *snapshot, gboolean metadata);

/** convert_work_new: Returns: likewise. */
DeleteWork *convert_work_new(const char *collection, const char *snapshot);

G_END_DECLS
