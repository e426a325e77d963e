/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-run.h"
#include "snapshot/reference-plan.h"

G_BEGIN_DECLS

/* Reference points that are made or deleted, as the work of a job. */

/** JobType of Msvm_ConcreteJob: creation and destruction of the reference point of a
 * collection. */
#define JOB_TYPE_REFERENCE_POINT_CREATE 205
#define JOB_TYPE_REFERENCE_POINT_DELETE 206

extern const JobWorkType reference_create_work_type;
extern const JobWorkType reference_delete_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *collection;
    char *name; /* of the reference point */

    /* Its result: */
    gboolean left;       /* what was made may be there: it could not be taken back, or there was no
                          * run yet, for that of another process was interrupted */
    ReferencePlan *plan; /* NULL: it did not come so far */
    GPtrArray *warnings; /* char* */
} ReferenceWork;

/** reference_work_new: @type: one of those above; @name: of a reference point to be made may be
 * NULL: the present time in UTC. Returns: owned by the caller, as job_work_unref() frees it; NULL
 * with INVALID_PARAMETER for a name that no reference point can have. */
ReferenceWork *reference_work_new(const JobWorkType *type, const char *collection,
                                  const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
