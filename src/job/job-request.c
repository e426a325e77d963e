/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "job/job-private.h"
#include "util/process.h"

/* Requests to change the state of a job. All functions except removal_main() are called with the
 * lock held. */

/* Resets the job to New for another run. Its progress stays. */
static void
renew_job(Job *self)
{
    self->info->ended = 0;
    self->info->resumable = FALSE;
    self->ending = 0;
    job_set_error(self, 0, NULL);
    job_set_state(self, JOB_STATE_NEW);
}

/* Makes the run end. control_fail() also wakes a run that is suspended. */
static void
end_active_run(Job *self, JobRequest request)
{
    const JobWorkType *type = self->work->type;
    gboolean kill = request == JOB_REQUEST_KILL;

    self->ending = request;
    control_fail(self->control,
                 g_error_new_literal(VIRT_SNAP_ERROR,
                                     kill ? VIRT_SNAP_ERROR_CANCELLED
                                          : VIRT_SNAP_ERROR_INTERRUPTED,
                                     kill ? _(type->cancelled) : _(type->interrupted)));
}

static void
end_unstarted(Job *self, JobRequest request)
{
    if (request == JOB_REQUEST_TERMINATE) {
        self->info->resumable = TRUE;
        job_set_error(self, VIRT_SNAP_ERROR_INTERRUPTED, _("The job was ended before it began"));
    } else {
        job_set_error(self, VIRT_SNAP_ERROR_CANCELLED, _("The job was ended before it began"));
    }
}

/* The record of a job that was interrupted may be from before it began. */
static gboolean
has_begun(const Job *self)
{
    return self->info->started > 0 || self->interrupted;
}

/* With the lock held; @why: (nullable): why it was not removed. @kept: whether that can be tried
 * again. */
static void
end_removal(Job *self, GError *why, gboolean kept)
{
    self->info->resumable = why && kept;
    if (why) {
        job_tell_left(why, _(self->work->type->cancelled));
        job_set_error(self, virt_snap_error_result_code(why), why->message);
    } else if (has_begun(self)) {
        job_set_error(self, VIRT_SNAP_ERROR_CANCELLED, job_work_killed_text(self->work));
    } else {
        end_unstarted(self, JOB_REQUEST_KILL);
    }
    job_go_to(self, why ? JOB_STATE_EXCEPTION : JOB_STATE_KILLED);
}

/* Removes what earlier runs left. Runs in a thread of its own, without the lock. */
static gpointer
removal_main(gpointer data)
{
    g_autoptr(Job) self = data;
    g_autoptr(GError) why = NULL;
    gboolean begun;
    gboolean kept;

    g_mutex_lock(&self->lock);
    begun = has_begun(self);
    g_mutex_unlock(&self->lock);
    /* If it never began, what is there is another's. */
    kept = begun && !job_work_discard(self->work, TRUE, &why) &&
           self->work->type->has_left(self->work);
    g_mutex_lock(&self->lock);
    end_removal(self, why, kept);
    g_mutex_unlock(&self->lock);
    job_tell(self);

    return NULL;
}

static void
start_removal(Job *self)
{
    g_autoptr(GError) error = NULL;
    GThread *thread = process_thread("virtsnap-kill", removal_main, job_ref(self), &error);

    if (thread) {
        g_thread_unref(thread);
    } else {
        end_removal(self, error, TRUE);
        job_unref(self);
    }
}

/* Whether @request is a kill that has to remove what an earlier run left while no run is active to
 * do that. */
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
        job_set_state(self, JOB_STATE_SHUTTING_DOWN);
        start_removal(self);
        return;
    }
    if (next == JOB_STATE_NEW) {
        renew_job(self);
        return;
    }
    if (state == JOB_STATE_NEW)
        end_unstarted(self, request);
    else if (request == JOB_REQUEST_SUSPEND || request == JOB_REQUEST_START)
        control_suspend(self->control, request == JOB_REQUEST_SUSPEND);
    else
        end_active_run(self, request);
    if (next != state)
        job_set_state(self, next);
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
    job_tell(self);

    return result;
}
