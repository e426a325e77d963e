/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-figures.h"

G_BEGIN_DECLS

/* What the work of a job may ask and tell while it runs, in the thread of the run. */

/** job_run_control: Returns: (transfer none): to be asked by control_pass() before every block and
 * everything that takes long, and told of the progress. */
Control *job_run_control(JobRun *self);

/** job_run_resumes: Returns: TRUE if what an earlier run left is to be gone on with. */
gboolean job_run_resumes(const JobRun *self);

/** job_run_workers: Returns: how many transfers at once are allowed; 0: no limit. */
guint job_run_workers(const JobRun *self);

/** job_run_hypervisor: Connects to the hypervisor at the first call. Returns: (transfer none): it,
 * for as long as the run takes. */
Hypervisor *job_run_hypervisor(JobRun *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_run_planned:
 * @planned: copied
 *
 * From now on the job is Running, and has figures. Returns: FALSE with the reason if it is to end:
 * then nothing may be changed any more.
 */
gboolean job_run_planned(JobRun *self, const JobPlanned *planned, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_run_set_kept: Says whether something is left that a later run can go on with, if this one
 * fails. Otherwise that is so if an earlier run has left something. */
void job_run_set_kept(JobRun *self, gboolean kept);

/**
 * job_run_set_result:
 * @report: (transfer full) (nullable): what has been made; NULL: what was planned
 * @warnings: (transfer full) (nullable): (element-type utf8): all of them, in the place of those
 * that were planned; NULL: those
 *
 * Says what the run has come to; shown when it ends well.
 */
void job_run_set_result(JobRun *self, JobReport *report, GPtrArray *warnings);

G_END_DECLS
