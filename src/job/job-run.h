/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-figures.h"

G_BEGIN_DECLS

/* The interface of a running job for its work, to be called in the thread of the run. */

/** job_run_control: Returns: (transfer none): the control of the job. The work calls control_pass()
 * before each block and before anything that takes long, and counts its progress there. */
Control *job_run_control(JobRun *self);

/** job_run_resumes: Returns: TRUE if this run resumes an earlier one. */
gboolean job_run_resumes(const JobRun *self);

/** job_run_workers: Returns: the maximal number of simultaneous transfers; 0: no limit. */
guint job_run_workers(const JobRun *self);

/** job_run_hypervisor: Connects to the hypervisor at the first call. Returns: (transfer none): the
 * connection, valid until the run ends. */
Hypervisor *job_run_hypervisor(JobRun *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_run_planned:
 * @planned: copied
 *
 * Reports the plan: from now on the job is Running and has figures. Returns: FALSE with the reason
 * if the job has to end; then the work must not change anything.
 */
gboolean job_run_planned(JobRun *self, const JobPlanned *planned, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_run_tell_disk:
 * @self: (nullable): NULL: there is no job to be told
 * @number: of a disk of the plan
 *
 * Tells what has become of one disk before the run ends: that it is READY, that it is COMPLETED,
 * whatever becomes of the others, or that it FAILED. If any did, those whose end is not told
 * were CANCELLED when the run fails.
 */
void job_run_tell_disk(JobRun *self, guint number, JobDiskStatus status);

/** job_run_set_kept: Sets whether a later run could resume this one if it fails now. Without this
 * call that is the case if an earlier run left something. */
void job_run_set_kept(JobRun *self, gboolean kept);

/** job_run_hold_guests: Sets whether the run has something of guests that it must not leave as it
 * is, as a snapshot that is being merged, or that has to be watched, as a disk that a hypervisor
 * serves. A service that stops waits longer for it, and Ctrl-Z does not stop the command. That ends
 * with the run. */
void job_run_hold_guests(JobRun *self, gboolean hold);

/**
 * job_run_set_result:
 * @report: (transfer full) (nullable): what was created; NULL: what was planned
 * @warnings: (transfer full) (nullable): (element-type utf8): all warnings, replacing those of the
 * plan; NULL: those of the plan
 *
 * Sets the result of the run. The warnings are published however the run ends, since they tell
 * what a run that failed has left behind; the report only if the run succeeds.
 */
void job_run_set_result(JobRun *self, JobReport *report, GPtrArray *warnings);

/** job_run_set_findings: @findings: (transfer floating): a{sv}: what the run has found out. It is
 * added to the report when the run ends, also if the run fails because of it. */
void job_run_set_findings(JobRun *self, GVariant *findings);

G_END_DECLS
