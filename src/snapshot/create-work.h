/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/members.h"
#include "job/job-run.h"
#include "snapshot/create-plan.h"

G_BEGIN_DECLS

/* The work of a job that creates a snapshot collection. */

/** JobType of Msvm_ConcreteJob: snapshot of a collection. */
#define JOB_TYPE_SNAPSHOT_CREATE 198

extern const JobWorkType create_work_type;

typedef struct {
    JobWork parent;

    /* The parameters: */
    char *collection;   /* NULL: unnamed */
    GPtrArray *domains; /* char*: names, ids or UUIDs by which the domains of an unnamed collection
                         * were given */
    char *snapshot;
    CreateSettings settings;

    /* State of the runs: */
    Members *members; /* NULL: not looked up yet */

    /* The result of the last run, to be read when the job is in a final state: */
    CreatePlan *plan;    /* after a success with what was reached */
    GPtrArray *warnings; /* char* */
} CreateWork;

/**
 * create_work_new:
 * @collection: (nullable): name of the collection; NULL: the unnamed collection of @members
 * @members: (transfer full) (nullable): its present members; NULL, if there is a name: the run
 * looks them up
 * @settings: settings, already checked
 *
 * Returns: owned by the caller, to be freed with job_work_unref().
 */
CreateWork *create_work_new(const char *collection, Members *members, const char *snapshot,
                            const CreateSettings *settings);

G_END_DECLS
