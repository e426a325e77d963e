/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "collection/members.h"
#include "export/export.h"
#include "job/job-run.h"
#include "snapshot/temporary-set.h"

G_BEGIN_DECLS

/* The work of a job that exports. */

/** JobType of Msvm_ConcreteJob: export of a virtual machine; there is no value for exports of
 * collections. */
#define JOB_TYPE_EXPORT 62

extern const JobWorkType export_work_type;

typedef struct {
    JobWork parent;

    /* The parameters: */
    char *collection;   /* NULL: unnamed */
    GPtrArray *domains; /* char*: names, ids or UUIDs by which the domains of an unnamed collection
                         * were given */
    VirtSnapExportSettings *settings;
    ExportPlace *place; /* its name is export_name() of those words until a run has found out the
                         * names */

    /* State of the runs: */
    Members *members; /* NULL: not looked up yet */
    TemporarySet *set; /* of the present run, if it needs one */
    GPtrArray *notes;  /* char*: of the present run, what there was to tell before its plan */

    /* The result of the last run, to be read when the job is in a final state: */
    ExportResult result; /* if the run failed, all zeros except for resumable and kept */
    Plan *plan;          /* the plan of a dry run */
    char *path;          /* path that the export has or would have; NULL: not known */
} ExportWork;

/**
 * export_work_new:
 * @collection: (nullable): name of the collection; NULL: the unnamed collection of @members
 * @members: (transfer full): its present members
 * @place: (transfer full): the destination; its name is set here
 * @settings: (transfer full): settings, already checked
 *
 * Returns: owned by the caller, to be freed with job_work_unref().
 */
ExportWork *export_work_new(const char *collection, Members *members, ExportPlace *place,
                            VirtSnapExportSettings *settings);

/**
 * export_work_check:
 * @device: (out): device number (st_dev) of the target's file system; 0: not known
 *
 * Checks the target as the run will. Returns: FALSE with the error that the run would return.
 */
gboolean export_work_check(const ExportWork *self, guint64 *device, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_work_carry_out:
 * @target: (transfer full): freed, together with what was written if the export fails
 *
 * The second half of a run, after planning. Returns: as JobWorkType.run.
 */
gboolean export_work_carry_out(ExportWork *self, JobRun *run, Hypervisor *hypervisor,
                               Plan *plan, Target *target, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
