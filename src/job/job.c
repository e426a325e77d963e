/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "job/job-figures.h"
#include "job/job-left.h"
#include "job/job.h"
#include "util/name.h"
#include "util/process.h"
#include "util/strings.h"

struct Job {
    gatomicrefcount refs;
    JobNotify notify;
    gpointer notify_data;
    char *id; /* fixed, and so read without the lock */

    GMutex lock;     /* guards all below */
    GCond changed;   /* the state did */
    JobInfo *info;
    GPtrArray *parts; /* GArray of guint: the layers of each disk, from 0; NULL: not planned */
    Control *control; /* of the present run, and its bandwidth for the next */
    gboolean bandwidth_set; /* by somebody, who knows better than the settings */
    gboolean restarted;     /* an earlier run may have left something */
    ExportResult result;    /* of a run that succeeded */
    JobRequest ending;      /* while it is shutting down */
    GQueue *changes;        /* JobChange, with owned texts, not yet told */
    gboolean telling;       /* some thread does */
};

/* What the thread of a run has. */
typedef struct {
    Job *job; /* owned */
    Control *control;
    JobPrepare prepare;
    gpointer data;
    GDestroyNotify free_data;
    Hypervisor *hypervisor;
    Plan *plan;
    Target *target;
    gboolean resume;
    char *path;         /* of the complete export */
    gboolean discarded; /* what was left has been removed, because it was killed */
    ExportResult result;
} Run;

/* --- telling -------------------------------------------------------------- */

static void
change_free(JobChange *change)
{
    g_free((char *)change->domain);
    g_free((char *)change->target);
    g_free((char *)change->path);
    g_free(change);
}

/* With the lock held; told by tell() without it. */
static void
add_change(Job *self, const JobChange *change)
{
    JobChange *copy = g_memdup2(change, sizeof *change);

    copy->domain = g_strdup(change->domain);
    copy->target = g_strdup(change->target);
    copy->path = g_strdup(change->path);
    g_queue_push_tail(self->changes, copy);
}

/* One thread at a time tells, also what the others add meanwhile: so the order is kept. */
static void
tell(Job *self)
{
    JobChange *change;

    g_mutex_lock(&self->lock);
    if (self->telling) {
        g_mutex_unlock(&self->lock);
        return;
    }
    self->telling = TRUE;
    while ((change = g_queue_pop_head(self->changes))) {
        g_mutex_unlock(&self->lock);
        if (self->notify)
            self->notify(self, change, self->notify_data);
        change_free(change);
        g_mutex_lock(&self->lock);
    }
    self->telling = FALSE;
    g_mutex_unlock(&self->lock);
}

/* --- states, with the lock held ------------------------------------------- */

static void
set_state(Job *self, JobState state)
{
    JobChange change = {.kind = JOB_CHANGE_STATE, .state = state};
    JobInfo *info = self->info;

    info->state = state;
    info->changed = g_get_real_time();
    info->cancellable = !job_state_is_final(state);
    if (job_state_is_final(state))
        info->ended = info->changed;
    add_change(self, &change);
    g_cond_broadcast(&self->changed);
}

/* Returns: FALSE if the state is such that it cannot become @state now. */
static gboolean
go_to(Job *self, JobState state)
{
    if (!job_state_allows(self->info->state, state))
        return FALSE;
    set_state(self, state);

    return TRUE;
}

static void
set_error(Job *self, guint code, const char *message)
{
    self->info->error_code = code;
    g_free(self->info->error);
    /* It goes into the record and over the bus. */
    self->info->error = message ? text_for_xml(message) : NULL;
}

static void
end_disks(Job *self, JobDiskStatus status)
{
    for (guint i = 0; i < self->info->disks->len; i++) {
        const JobDisk *disk = g_ptr_array_index(self->info->disks, i);
        JobChange change = {
            .kind = JOB_CHANGE_DISK,
            .state = self->info->state,
            .domain = disk->domain,
            .target = disk->target,
            .path = disk->path,
            .status = status,
        };

        add_change(self, &change);
    }
}

/* A new run is a beginning, but for what the earlier one got done. */
static void
renew(Job *self)
{
    self->info->ended = 0;
    self->info->resumable = FALSE;
    self->ending = 0;
    set_error(self, 0, NULL);
    set_state(self, JOB_STATE_NEW);
}

/* --- the run --------------------------------------------------------------- */

/* With the lock held. */
static void
take_plan(Job *self, const Run *run)
{
    JobInfo *info = self->info;

    g_clear_pointer(&self->parts, g_ptr_array_unref);
    self->parts = job_figures_plan(info, run->plan);
    g_ptr_array_unref(info->warnings);
    info->warnings = strings_copy(run->plan->warnings);
    job_report_free(info->report);
    info->report = job_report_new(run->plan, target_path(run->target));
    if (!self->bandwidth_set)
        control_set_bandwidth(self->control, run->plan->settings->bandwidth);
}

/* Somebody may have suspended it already, or be ending it. */
static void
begin_running(Run *run)
{
    Job *self = run->job;

    g_mutex_lock(&self->lock);
    take_plan(self, run);
    if (self->info->state == JOB_STATE_STARTING)
        go_to(self, JOB_STATE_RUNNING);
    g_mutex_unlock(&self->lock);
    tell(self);
}

static gboolean
do_run(Run *run, GError **error)
{
    if (!control_pass(run->control, 0, error) ||
        !run->prepare(run->data, run->control, &run->hypervisor, &run->plan, &run->target,
                      error)) {
        run->result.kept = run->resume;
        return FALSE;
    }

    begin_running(run);

    return export_execute(run->hypervisor, run->plan, run->target, run->control, run->resume,
                          &run->result, error);
}

/* With the lock held, and so fail(). */
static void
succeed(Job *self, Run *run)
{
    ExportResult *result = &run->result;
    JobState state = result->warnings->len > 0 ? JOB_STATE_COMPLETED_WITH_WARNINGS
                                               : JOB_STATE_COMPLETED;

    g_ptr_array_unref(self->info->warnings);
    self->info->warnings = g_steal_pointer(&result->warnings);
    /* Done is done, but a job that is suspended does not end by itself. */
    while (!job_state_allows(self->info->state, state))
        g_cond_wait(&self->changed, &self->lock);
    self->result = *result;
    if (!g_str_equal(self->info->report->directory, run->path)) {
        job_report_free(self->info->report);
        self->info->report = job_report_new(run->plan, run->path);
    }
    end_disks(self, JOB_DISK_COMPLETED);
    go_to(self, state);
}

static void
fail(Job *self, const Run *run, const GError *error)
{
    guint code = virt_snap_error_result_code(error);
    JobState state = JOB_STATE_EXCEPTION;

    if (self->ending == JOB_REQUEST_KILL && !(run->discarded && run->result.kept))
        state = JOB_STATE_KILLED;
    else if (self->ending == JOB_REQUEST_TERMINATE && code == VIRT_SNAP_ERROR_INTERRUPTED)
        state = JOB_STATE_TERMINATED;
    self->info->resumable =
        state == JOB_STATE_TERMINATED || (state == JOB_STATE_EXCEPTION && run->result.kept);
    if (state == JOB_STATE_KILLED)
        set_error(self, VIRT_SNAP_ERROR_CANCELLED, _("The export was cancelled"));
    else
        set_error(self, code, error->message);
    end_disks(self, state == JOB_STATE_EXCEPTION ? JOB_DISK_FAILED : JOB_DISK_CANCELLED);
    go_to(self, state);
}

/* With the lock held, which is let go meanwhile. Somebody may lose patience at any time until the
 * run has ended: before that, nothing is there any more. */
static void
discard_if_killed(Job *self, Run *run, GError **error)
{
    while (*error && self->ending == JOB_REQUEST_KILL && !run->discarded) {
        g_autoptr(GError) why = NULL;

        g_mutex_unlock(&self->lock);
        run->discarded = TRUE;
        run->result.kept = !job_discard_left_over(self->info->subject, &why);
        if (run->result.kept) {
            g_clear_error(error);
            g_propagate_prefixed_error(error, g_steal_pointer(&why),
                                       _("What the killed job has copied cannot be removed: "));
        }
        g_mutex_lock(&self->lock);
    }
}

static void
end_run(Run *run, GError **error)
{
    Job *self = run->job;

    g_mutex_lock(&self->lock);
    discard_if_killed(self, run, error);
    job_figures_update(self->info, self->parts, self->control);
    if (*error)
        fail(self, run, *error);
    else
        succeed(self, run);
    job_figures_update(self->info, self->parts, self->control);
    g_mutex_unlock(&self->lock);
    tell(self);
}

static void
run_free(Run *run)
{
    if (run->free_data)
        run->free_data(run->data);
    g_free(run->path);
    export_result_clear(&run->result);
    plan_free(run->plan);
    target_free(run->target);
    hypervisor_free(run->hypervisor);
    job_unref(run->job);
    g_free(run);
}

static gpointer
run_main(gpointer data)
{
    Run *run = data;
    g_autoptr(GError) error = NULL;

    process_block_file_limit();
    do_run(run, &error);
    if (!error)
        run->path = g_strdup(target_path(run->target));
    /* What was written for nothing goes before anybody is told. */
    g_clear_pointer(&run->target, target_free);
    run->result.kept = run->result.kept && job_left_over(run->job->info->subject);
    end_run(run, &error);
    run_free(run);

    return NULL;
}

/* With the lock held. */
static Run *
begin_run(Job *self)
{
    Run *run = g_new0(Run, 1);
    guint64 bandwidth = control_get_bandwidth(self->control);

    run->job = job_ref(self);
    run->resume = self->restarted;
    if (self->restarted) {
        g_clear_pointer(&self->parts, g_ptr_array_unref);
        control_free(self->control);
        self->control = control_new();
        control_set_bandwidth(self->control, bandwidth);
    }
    run->control = self->control;
    self->restarted = TRUE;
    self->info->started = g_get_real_time();
    go_to(self, JOB_STATE_STARTING);

    return run;
}

gboolean
job_start_export(Job *self, JobPrepare prepare, gpointer data, GDestroyNotify free_data)
{
    Run *run = NULL;

    g_mutex_lock(&self->lock);
    if (self->info->state == JOB_STATE_NEW)
        run = begin_run(self);
    g_mutex_unlock(&self->lock);
    tell(self);
    if (!run) {
        if (free_data)
            free_data(data);
        return FALSE;
    }
    run->prepare = prepare;
    run->data = data;
    run->free_data = free_data;
    g_thread_unref(g_thread_new("virtsnap-job", run_main, run));

    return TRUE;
}

/* --- orders ---------------------------------------------------------------- */

/* With the lock held. */
static void
obey(Job *self, JobRequest request)
{
    self->ending = request;
    /* Who waits because it is suspended is woken, too. */
    if (request == JOB_REQUEST_KILL)
        control_cancel(self->control);
    else
        control_interrupt(self->control);
}

static void
end_unstarted(Job *self, JobRequest request)
{
    if (request == JOB_REQUEST_TERMINATE) {
        self->info->resumable = TRUE;
        set_error(self, VIRT_SNAP_ERROR_INTERRUPTED, _("The job was ended before it began"));
    } else {
        set_error(self, VIRT_SNAP_ERROR_CANCELLED, _("The job was ended before it began"));
    }
}

static gpointer
removal_main(gpointer data)
{
    Job *self = data;
    g_autoptr(GError) error = NULL;
    gboolean removed = job_discard_left_over(self->info->subject, &error);

    if (removed)
        g_set_error(&error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED,
                    _("The job was killed, and what it had copied is removed"));
    else
        g_prefix_error(&error, _("What the killed job has copied cannot be removed: "));
    g_mutex_lock(&self->lock);
    self->info->resumable = !removed;
    set_error(self, virt_snap_error_result_code(error), error->message);
    go_to(self, removed ? JOB_STATE_KILLED : JOB_STATE_EXCEPTION);
    g_mutex_unlock(&self->lock);
    tell(self);
    job_unref(self);
    return NULL;
}

/* Whether a kill has to remove what an earlier run left, and no run is there to do it. */
static gboolean
needs_removal(const Job *self, guint request)
{
    return request == JOB_REQUEST_KILL && (job_state_is_final(self->info->state) ||
                                           (self->info->state == JOB_STATE_NEW && self->restarted));
}

static void
apply_request(Job *self, JobRequest request, JobState next)
{
    JobState state = self->info->state;

    if (needs_removal(self, request)) {
        set_state(self, JOB_STATE_SHUTTING_DOWN);
        g_thread_unref(g_thread_new("virtsnap-kill", removal_main, job_ref(self)));
        return;
    }
    if (next == JOB_STATE_NEW) {
        renew(self);
        return;
    }
    if (state == JOB_STATE_NEW)
        end_unstarted(self, request);
    else if (request == JOB_REQUEST_SUSPEND || request == JOB_REQUEST_START)
        control_suspend(self->control, request == JOB_REQUEST_SUSPEND);
    else
        obey(self, request);
    if (next != state)
        set_state(self, next);
}

JobRequestResult
job_request_state_change(Job *self, guint request, guint64 timeout)
{
    JobRequestResult result;
    JobState next;

    g_mutex_lock(&self->lock);
    result = job_state_request(self->info->state, self->info->resumable, request, timeout, &next);
    if (result == JOB_RESULT_DONE || result == JOB_RESULT_STARTED) {
        apply_request(self, request, next);
        result = self->info->state == JOB_STATE_SHUTTING_DOWN ? JOB_RESULT_STARTED : result;
    }
    g_mutex_unlock(&self->lock);
    tell(self);

    return result;
}

void
job_set_bandwidth(Job *self, guint64 rate)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->bandwidth_set = TRUE;
    control_set_bandwidth(self->control, rate);
}

void
job_set_resume(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->restarted = TRUE;
}

/* --- looking at it ---------------------------------------------------------- */

JobState
job_get_state(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->info->state;
}

JobInfo *
job_get_info(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    JobInfo *info = self->info;
    gint64 end = info->ended > 0 ? info->ended : g_get_real_time();

    job_figures_update(self->info, self->parts, self->control);
    info->elapsed = info->started > 0 ? MAX(end - info->started, 0) : 0;

    return job_info_copy(info);
}

void
job_get_result(Job *self, ExportResult *result)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    *result = self->result;
}

gboolean
job_wait(Job *self, gint64 monotonic_end)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    while (!job_state_is_final(self->info->state)) {
        if (monotonic_end == 0)
            g_cond_wait(&self->changed, &self->lock);
        else if (!g_cond_wait_until(&self->changed, &self->lock, monotonic_end))
            break;
    }

    return job_state_is_final(self->info->state);
}

/* --- making them ------------------------------------------------------------ */

static Job *
new_with(JobInfo *info)
{
    Job *self = g_new0(Job, 1);

    g_atomic_ref_count_init(&self->refs);
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->id = g_strdup(info->id);
    self->info = info;
    self->control = control_new();
    self->changes = g_queue_new();

    return self;
}

Job *
job_new(const char *owner, const JobSubject *subject)
{
    return new_with(job_info_begin(owner, subject));
}

Job *
job_restore(const JobInfo *info)
{
    Job *self = new_with(job_info_copy(info));

    self->restarted = TRUE;
    if (info->figures.bandwidth > 0)
        job_set_bandwidth(self, info->figures.bandwidth);
    if (job_state_is_final(info->state))
        return self;
    self->info->state = JOB_STATE_EXCEPTION;
    self->info->ended = self->info->changed = g_get_real_time();
    self->info->cancellable = FALSE;
    self->info->resumable = TRUE;
    set_error(self, VIRT_SNAP_ERROR_INTERRUPTED,
              _("The job was interrupted by the end of the program; it can be resumed"));

    return self;
}

void
job_set_notify(Job *self, JobNotify notify, gpointer data)
{
    self->notify = notify;
    self->notify_data = data;
}

Job *
job_ref(Job *self)
{
    g_atomic_ref_count_inc(&self->refs);

    return self;
}

void
job_unref(Job *self)
{
    if (!self || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_queue_free_full(self->changes, (GDestroyNotify)change_free);
    g_clear_pointer(&self->parts, g_ptr_array_unref);
    control_free(self->control);
    job_info_free(self->info);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
    g_free(self->id);
    g_free(self);
}
