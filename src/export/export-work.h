/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "collection/members.h"
#include "export/export.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/* An export as the work of a job. */

/** JobType of Msvm_ConcreteJob: export of a virtual machine, of which a collection has several;
 * it has none of its own. */
#define JOB_TYPE_EXPORT 62

extern const JobWorkType export_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *collection;   /* NULL: unnamed */
    GPtrArray *domains; /* char*: what the domains of an unnamed collection are called by */
    VirtSnapExportSettings *settings;
    ExportPlace *place; /* whose name is export_name() of those domains until a run has found out
                         * what they are called */
    gboolean dry_run;   /* only to be planned */

    /* Its runs': */
    Members *members; /* NULL: not looked up yet */

    /* What the last run has come to, for who asks when the job is in a final state: */
    ExportResult result; /* zeros, but for what is left, if it failed */
    Plan *plan;          /* of a dry run */
    char *path;          /* that the export has, or would have; NULL: not known */
} ExportWork;

/**
 * export_work_new:
 * @collection: (nullable): name; NULL: the unnamed collection of @members
 * @members: (transfer full): its members, as they are now
 * @place: (transfer full): where to; its name is found out here
 * @settings: (transfer full): checked
 *
 * Returns: owned by the caller, as job_work_unref() frees it.
 */
ExportWork *export_work_new(const char *collection, Members *members, ExportPlace *place,
                            VirtSnapExportSettings *settings);

/**
 * export_work_check:
 * @device: (out): of the file system that it writes to, as in struct stat; 0: not known
 *
 * Looks at its target, as the run will. Returns: FALSE with the error that the run would have.
 */
gboolean export_work_check(const ExportWork *self, guint64 *device, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_work_carry_out:
 * @target: (transfer full): freed here, with what was written in vain
 *
 * The second half of its run, when it is known what there is to do. Returns: as JobWorkType.run.
 */
gboolean export_work_carry_out(ExportWork *self, JobRun *run, Hypervisor *hypervisor,
                               Plan *plan, Target *target, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
