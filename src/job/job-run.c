/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/drivers.h"
#include "job/job-figures.h"
#include "job/job-private.h"
#include "job/job-run.h"
#include "util/process.h"
#include "util/strings.h"

struct JobRun {
    Job *job; /* owned */
    Control *control;
    JobHost host;
    char *uri; /* the host's */
    Hypervisor *hypervisor; /* NULL: not connected yet */
    gboolean resume;
    gboolean kept;      /* something is left that a later run could resume */
    gboolean discarded; /* what was left was to be removed, because the job was killed, */
    gboolean left;      /* and not all of it could be */
    JobReport *report;  /* of what was created; NULL: what was planned */
    GPtrArray *warnings; /* NULL: those of the plan */
    GVariant *findings;  /* NULL: none */
};

/* --- the interface for the work --------------------------------------------- */

Control *
job_run_control(JobRun *self)
{
    return self->control;
}

gboolean
job_run_resumes(const JobRun *self)
{
    return self->resume;
}

guint
job_run_workers(const JobRun *self)
{
    return self->host.workers;
}

Hypervisor *
job_run_hypervisor(JobRun *self, GError **error)
{
    if (!self->hypervisor)
        self->hypervisor = self->host.connect ? self->host.connect(self->host.data, error)
                                              : drivers_get()->open_hypervisor(self->uri, error);

    return self->hypervisor;
}

/* With the lock held. */
static void
take_job_plan(Job *self, const JobPlanned *planned)
{
    JobInfo *info = self->info;

    g_clear_pointer(&self->parts, g_ptr_array_unref);
    self->parts = job_figures_plan(info, planned);
    g_ptr_array_unref(info->warnings);
    info->warnings = strings_copy(planned->warnings);
    job_report_free(info->report);
    info->report = planned->report ? job_report_copy(planned->report) : NULL;
    if (!self->bandwidth_set)
        control_set_bandwidth(self->control, planned->bandwidth);
}

/* The job may have been suspended or asked to end while it was planned, so the state only changes
 * from Starting, and control_pass() waits or fails. */
gboolean
job_run_planned(JobRun *run, const JobPlanned *planned, GError **error)
{
    Job *self = run->job;

    g_mutex_lock(&self->lock);
    take_job_plan(self, planned);
    self->planned = self->ending == 0;
    if (self->info->state == JOB_STATE_STARTING)
        job_go_to(self, JOB_STATE_RUNNING);
    g_mutex_unlock(&self->lock);
    job_tell(self);

    return control_pass(run->control, 0, error);
}

void
job_run_tell_disk(JobRun *run, guint number, JobDiskStatus status)
{
    Job *self = run ? run->job : NULL;

    if (!self)
        return;
    g_mutex_lock(&self->lock);
    job_tell_disk(self, g_ptr_array_index(self->info->disks, number), status);
    g_mutex_unlock(&self->lock);
    job_tell(self);
}

void
job_run_set_kept(JobRun *self, gboolean kept)
{
    self->kept = kept;
}

void
job_run_hold_guests(JobRun *self, gboolean hold)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->job->lock);

    self->job->holds_guests = hold;
}

void
job_run_set_result(JobRun *self, JobReport *report, GPtrArray *warnings)
{
    job_report_free(self->report);
    self->report = report;
    g_clear_pointer(&self->warnings, g_ptr_array_unref);
    self->warnings = warnings;
}

void
job_run_set_findings(JobRun *self, GVariant *findings)
{
    g_clear_pointer(&self->findings, g_variant_unref);
    self->findings = g_variant_ref_sink(findings);
}

/* --- the end of a run, with the lock held -------------------------------------- */

static void
publish_warnings(JobInfo *info, JobRun *run)
{
    if (!run->warnings)
        return;
    g_ptr_array_unref(info->warnings);
    info->warnings = g_steal_pointer(&run->warnings);
}

static void
publish_result(JobInfo *info, JobRun *run)
{
    if (run->report) {
        job_report_free(info->report);
        info->report = g_steal_pointer(&run->report);
    }
    publish_warnings(info, run);
}

static void
publish_findings(JobInfo *info, JobRun *run)
{
    if (!run->findings)
        return;
    if (!info->report)
        info->report = job_report_new();
    g_clear_pointer(&info->report->findings, g_variant_unref);
    info->report->findings = g_steal_pointer(&run->findings);
}

static void
succeed_job(Job *self, JobRun *run)
{
    JobState state;

    publish_result(self->info, run);
    publish_findings(self->info, run);
    state = self->info->warnings->len > 0 ? JOB_STATE_COMPLETED_WITH_WARNINGS
                                          : JOB_STATE_COMPLETED;
    /* Work that did not call job_run_planned() is still Starting; a job must be Running before it
     * completes. */
    if (self->info->state == JOB_STATE_STARTING)
        job_go_to(self, JOB_STATE_RUNNING);
    /* The work is done, but a suspended job must not complete before it is resumed. */
    while (!job_state_allows(self->info->state, state))
        g_cond_wait(&self->changed, &self->lock);
    job_end_disks(self, JOB_DISK_COMPLETED);
    job_go_to(self, state);
}

/* A job is Killed only if nothing of it is left. */
static JobState
failed_state(const Job *self, const JobRun *run, const GError *error)
{
    if (self->ending == JOB_REQUEST_KILL && !run->left)
        return JOB_STATE_KILLED;
    if (self->ending == JOB_REQUEST_TERMINATE &&
        virt_snap_error_result_code(error) == VIRT_SNAP_ERROR_INTERRUPTED)
        return JOB_STATE_TERMINATED;

    return JOB_STATE_EXCEPTION;
}

/* Sets the errors of a job that was killed. What its run says is more exact, unless it could not
 * know yet that nothing would be left. */
static void
set_killed(Job *self, const GError *error)
{
    const char *text = job_work_killed_text(self->work);

    job_set_error(self, VIRT_SNAP_ERROR_CANCELLED, text);
    self->failure =
        self->work->type->killed
            ? g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED, text)
            : g_error_copy(error);
}

/* Returns: what has become of the disks of which the work has told nothing. */
static JobDiskStatus
failed_disk_status(const Job *self, JobState state)
{
    for (guint i = 0; i < self->info->disks->len; i++) {
        const JobDisk *disk = g_ptr_array_index(self->info->disks, i);

        if (disk->status == JOB_DISK_FAILED)
            return JOB_DISK_CANCELLED;
    }

    return state == JOB_STATE_EXCEPTION ? JOB_DISK_FAILED : JOB_DISK_CANCELLED;
}

static void
fail_job(Job *self, JobRun *run, const GError *error)
{
    JobState state = failed_state(self, run, error);

    publish_findings(self->info, run);
    publish_warnings(self->info, run);
    self->info->resumable =
        state == JOB_STATE_TERMINATED || (state == JOB_STATE_EXCEPTION && run->kept);
    if (state == JOB_STATE_KILLED) {
        set_killed(self, error);
    } else {
        job_set_error(self, virt_snap_error_result_code(error), error->message);
        self->failure = g_error_copy(error);
    }
    job_end_disks(self, failed_disk_status(self, state));
    job_go_to(self, state);
}

/* Removes what the run has left if the job was killed, before its end is reported. The lock is
 * released meanwhile, and the kill may also come then, hence the loop. A run that neither changed
 * anything nor resumed an earlier one must not remove what other jobs have left. */
static void
discard_if_killed(Job *self, JobRun *run, GError **error)
{
    while (*error && self->ending == JOB_REQUEST_KILL && !run->discarded &&
           (self->planned || run->resume)) {
        g_autoptr(GError) why = NULL;

        g_mutex_unlock(&self->lock);
        run->discarded = TRUE;
        run->left = !job_work_discard(self->work, run->resume, &why);
        run->kept = run->left && self->work->type->has_left(self->work);
        if (run->left) {
            job_tell_left(why, (*error)->message);
            g_clear_error(error);
            g_propagate_error(error, g_steal_pointer(&why));
        }
        g_mutex_lock(&self->lock);
    }
}

/* --- the thread ---------------------------------------------------------------- */

static void
end_job_run(JobRun *run, GError **error)
{
    Job *self = run->job;

    g_mutex_lock(&self->lock);
    self->holds_guests = FALSE;
    discard_if_killed(self, run, error);
    job_figures_update(self->info, self->parts, self->control);
    if (*error)
        fail_job(self, run, *error);
    else
        succeed_job(self, run);
    job_figures_update(self->info, self->parts, self->control);
    g_mutex_unlock(&self->lock);
    job_tell(self);
}

static void
job_run_free(JobRun *run)
{
    if (!run->host.connect)
        hypervisor_free(run->hypervisor);
    g_clear_pointer(&run->warnings, g_ptr_array_unref);
    job_report_free(run->report);
    g_clear_pointer(&run->findings, g_variant_unref);
    job_unref(run->job);
    g_free(run->uri);
    g_free(run);
}

/* Somebody else, or an earlier process, has completed what was to be resumed. */
static void
explain_finished(const JobRun *run, GError **error)
{
    g_autofree char *path = run->resume && g_error_matches(*error, VIRT_SNAP_ERROR,
                                                           VIRT_SNAP_ERROR_ALREADY_EXISTS)
                                ? job_work_finished(run->job->work)
                                : NULL;

    if (!path)
        return;
    g_clear_error(error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("'%s' exists already: it is complete, and nothing of it is to be resumed"),
                path);
}

static gpointer
job_run_main(gpointer data)
{
    JobRun *run = data;
    JobWork *work = run->job->work;
    g_autoptr(GError) error = NULL;

    process_block_signals();
    if (control_pass(run->control, 0, &error) && !work->type->run(work, run, &error) && !error)
        g_set_error(&error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("The job has failed, and it is not known why"));
    explain_finished(run, &error);
    run->kept = run->kept && work->type->has_left(work);
    end_job_run(run, &error);
    job_run_free(run);

    return NULL;
}

static void
forget_disk_status(JobInfo *info)
{
    for (guint i = 0; i < info->disks->len; i++)
        ((JobDisk *)g_ptr_array_index(info->disks, i))->status = JOB_DISK_UNDER_WAY;
}

/* With the lock held. */
static JobRun *
begin_job_run(Job *self)
{
    JobRun *run = g_new0(JobRun, 1);
    guint64 bandwidth = control_get_bandwidth(self->control);

    run->job = job_ref(self);
    run->resume = run->kept = self->restarted;
    if (self->restarted) {
        g_clear_pointer(&self->parts, g_ptr_array_unref);
        control_free(self->control);
        self->control = control_new();
        control_set_bandwidth(self->control, bandwidth);
    }
    run->control = self->control;
    self->restarted = TRUE;
    self->planned = FALSE;
    g_clear_error(&self->failure);
    forget_disk_status(self->info);
    self->info->started = g_get_real_time();
    job_go_to(self, JOB_STATE_STARTING);

    return run;
}

/* The thread of an earlier run has ended, or has only its own end left to do. */
static void
keep_job_thread(Job *self, GThread *thread)
{
    GThread *earlier;

    g_mutex_lock(&self->lock);
    earlier = self->thread;
    self->thread = thread;
    g_mutex_unlock(&self->lock);
    if (earlier)
        g_thread_unref(earlier);
}

static void
start_job_thread(Job *self, JobRun *run)
{
    g_autoptr(GError) error = NULL;
    GThread *thread = process_thread("virtsnap-job", job_run_main, run, &error);

    if (thread) {
        keep_job_thread(self, thread);
        return;
    }
    end_job_run(run, &error);
    job_run_free(run);
}

gboolean
job_start(Job *self, const JobHost *host)
{
    JobRun *run = NULL;

    g_mutex_lock(&self->lock);
    if (self->info->state == JOB_STATE_NEW)
        run = begin_job_run(self);
    g_mutex_unlock(&self->lock);
    job_tell(self);
    if (!run)
        return FALSE;
    if (host)
        run->host = *host;
    run->uri = g_strdup(run->host.uri);
    run->host.uri = NULL;
    start_job_thread(self, run);

    return TRUE;
}
