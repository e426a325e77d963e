/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "job/job-figures.h"
#include "job/job-private.h"
#include "util/name.h"
#include "util/strings.h"

/* --- reporting changes ---------------------------------------------------- */

static void
job_change_free(JobChange *change)
{
    g_clear_error((GError **)&change->error);
    g_free((char *)change->domain);
    g_free((char *)change->target);
    g_free((char *)change->path);
    g_free(change);
}

/* Queues a copy of @change. Called with the lock held; job_tell() reports it later without the
 * lock. */
static void
queue_job_change(Job *self, const JobChange *change)
{
    JobChange *copy = g_memdup2(change, sizeof *change);

    copy->error = change->error ? g_error_copy(change->error) : NULL;
    copy->domain = g_strdup(change->domain);
    copy->target = g_strdup(change->target);
    copy->path = g_strdup(change->path);
    g_queue_push_tail(self->changes, copy);
}

/* Only one thread at a time calls notify, also for changes that other threads add meanwhile; so
 * their order is kept. */
void
job_tell(Job *self)
{
    JobChange *change;

    g_mutex_lock(&self->lock);
    if (self->telling) {
        g_mutex_unlock(&self->lock);
        return;
    }
    self->telling = TRUE;
    while ((change = g_queue_pop_head(self->changes))) {
        JobNotify notify = self->notify;
        gpointer data = self->notify_data;

        g_mutex_unlock(&self->lock);
        if (notify)
            notify(self, change, data);
        job_change_free(change);
        g_mutex_lock(&self->lock);
    }
    self->telling = FALSE;
    g_cond_broadcast(&self->changed);
    g_mutex_unlock(&self->lock);
}

/* --- states, with the lock held ------------------------------------------- */

void
job_set_state(Job *self, JobState state)
{
    JobChange change = {.kind = JOB_CHANGE_STATE, .state = state};
    JobInfo *info = self->info;
    g_autoptr(GError) error = NULL;

    info->state = state;
    info->changed = g_get_real_time();
    info->cancellable = !job_state_is_final(state);
    if (job_state_is_final(state)) {
        info->ended = info->changed;
        change.end = ++info->ends;
        change.error = error = job_info_error(info);
    }
    queue_job_change(self, &change);
    g_cond_broadcast(&self->changed);
}

gboolean
job_go_to(Job *self, JobState state)
{
    if (!job_state_allows(self->info->state, state))
        return FALSE;
    job_set_state(self, state);

    return TRUE;
}

void
job_set_error(Job *self, guint code, const char *message)
{
    self->info->error_code = code;
    g_free(self->info->error);
    /* The text goes into the record and over D-Bus, so it must be valid XML text. */
    self->info->error = message ? text_for_xml(message) : NULL;
}

void
job_tell_left(GError *why, const char *text)
{
    g_autofree char *left = why->message;

    why->message = g_strdup_printf(_("%s; something of it is left: %s"), text, left);
}

void
job_tell_disk(Job *self, JobDisk *disk, JobDiskStatus status)
{
    JobChange change = {
        .kind = JOB_CHANGE_DISK,
        .state = self->info->state,
        .domain = disk->domain,
        .target = disk->target,
        .path = disk->path,
        .status = status,
    };

    disk->status = status;
    queue_job_change(self, &change);
}

void
job_end_disks(Job *self, JobDiskStatus status)
{
    for (guint i = 0; i < self->info->disks->len; i++) {
        JobDisk *disk = g_ptr_array_index(self->info->disks, i);

        if (disk->status == JOB_DISK_UNDER_WAY || disk->status == JOB_DISK_READY)
            job_tell_disk(self, disk, status);
    }
}

/* --- bandwidth and resuming ---------------------------------------------------- */

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

/* --- getters ---------------------------------------------------------------- */

JobState
job_get_state(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->info->state;
}

void
job_get_figures(Job *self, JobFigures *figures)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    job_figures_update(self->info, self->parts, self->control);
    *figures = self->info->figures;
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

GError *
job_get_failure(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->failure ? g_error_copy(self->failure) : NULL;
}

gboolean
job_holds_guests(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->holds_guests;
}

gboolean
job_is_planned(Job *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    return self->planned;
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

/* --- constructors ----------------------------------------------------------- */

static Job *
job_new_with_info(JobInfo *info)
{
    Job *self = g_new0(Job, 1);

    g_atomic_ref_count_init(&self->refs);
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->id = g_strdup(info->id);
    self->work = job_work_ref(info->work);
    self->info = info;
    self->control = control_new();
    self->changes = g_queue_new();

    return self;
}

Job *
job_new(const char *owner, JobWork *work)
{
    return job_new_with_info(job_info_begin(owner, work));
}

Job *
job_restore(const JobInfo *info)
{
    Job *self = job_new_with_info(job_info_copy(info));

    self->info->ends = 0;
    self->restarted = TRUE;
    if (info->figures.bandwidth > 0)
        job_set_bandwidth(self, info->figures.bandwidth);
    self->interrupted = !job_state_is_final(info->state) ||
                        (info->state == JOB_STATE_EXCEPTION &&
                         info->error_code == VIRT_SNAP_ERROR_INTERRUPTED);
    if (job_state_is_final(info->state))
        return self;
    self->info->state = JOB_STATE_EXCEPTION;
    self->info->ended = self->info->changed = g_get_real_time();
    self->info->cancellable = FALSE;
    self->info->resumable = TRUE;
    job_set_error(self, VIRT_SNAP_ERROR_INTERRUPTED,
                  _("The job was interrupted by the end of the program; it can be resumed"));

    return self;
}

void
job_look_back(Job *self)
{
    gboolean interrupted = self->interrupted && job_get_state(self) == JOB_STATE_EXCEPTION;
    g_autofree char *path = interrupted ? job_work_finished(self->work) : NULL;
    g_autofree char *text =
        path ? g_strdup_printf(_("The job was interrupted by the end of the program when its work "
                                 "was done: '%s' is complete"),
                               path)
             : NULL;

    if (!path)
        return;
    g_mutex_lock(&self->lock);
    /* Unless somebody has resumed or killed it by now. */
    if (self->info->state == JOB_STATE_EXCEPTION && self->info->ends == 0) {
        self->info->resumable = FALSE;
        job_set_error(self, VIRT_SNAP_ERROR_ALREADY_EXISTS, text);
        job_set_state(self, JOB_STATE_EXCEPTION);
    }
    g_mutex_unlock(&self->lock);
    job_tell(self);
}

void
job_set_notify(Job *self, JobNotify notify, gpointer data)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    /* A call of the old function may still be using data that the caller will free. */
    while (self->telling)
        g_cond_wait(&self->changed, &self->lock);
    self->notify = notify;
    self->notify_data = data;
}

Job *
job_ref(Job *self)
{
    g_atomic_ref_count_inc(&self->refs);

    return self;
}

/* For a job that has ended, or that nobody has any more. Its thread has had it until nothing was
 * left to do but to end, so nobody waits for work here. */
static void
forget_thread(GThread *thread)
{
    if (thread == g_thread_self())
        g_thread_unref(thread);
    else if (thread)
        g_thread_join(thread);
}

void
job_join(Job *self)
{
    GThread *thread = NULL;

    g_mutex_lock(&self->lock);
    /* Somebody may have resumed it by now. */
    if (job_state_is_final(self->info->state))
        thread = g_steal_pointer(&self->thread);
    g_mutex_unlock(&self->lock);
    forget_thread(thread);
}

void
job_unref(Job *self)
{
    if (!self || !g_atomic_ref_count_dec(&self->refs))
        return;
    g_queue_free_full(self->changes, (GDestroyNotify)job_change_free);
    g_clear_pointer(&self->parts, g_ptr_array_unref);
    control_free(self->control);
    job_info_free(self->info);
    g_clear_error(&self->failure);
    job_work_unref(self->work);
    g_cond_clear(&self->changed);
    g_mutex_clear(&self->lock);
    g_free(self->id);
    forget_thread(self->thread);
    g_free(self);
}
