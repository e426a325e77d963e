/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/members.h"
#include "job/job-run.h"
#include "snapshot/create-plan.h"

G_BEGIN_DECLS

/* The making of a snapshot collection as the work of a job. */

/** JobType of Msvm_ConcreteJob: snapshot of a collection. */
#define JOB_TYPE_SNAPSHOT_CREATE 198

extern const JobWorkType create_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *collection;   /* NULL: unnamed */
    GPtrArray *domains; /* char*: what the domains of an unnamed collection are called by */
    char *snapshot;
    CreateSettings settings;
    gboolean dry_run; /* only to be planned */

    /* Its runs': */
    Members *members; /* NULL: not looked up yet */

    /* What the last run has come to, for who asks when the job is in a final state: */
    CreatePlan *plan;    /* with what was reached, if it went well */
    GPtrArray *warnings; /* char* */
} CreateWork;

/**
 * create_work_new:
 * @collection: (nullable): name; NULL: the unnamed collection of @members
 * @members: (transfer full): its members, as they are now
 * @settings: checked
 *
 * Returns: owned by the caller, as job_work_unref() frees it.
 */
CreateWork *create_work_new(const char *collection, Members *members, const char *snapshot,
                            const CreateSettings *settings);

G_END_DECLS
