/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/job-watch.h"

/* Interval of notifications in milliseconds, the same as in org.virtsnap1.Job. */
#define UPDATE_MS 200

struct JobWatch {
    Job *job;
    GWeakRef object;
    JobWatchFunc func;
    GMainContext *context;
    gboolean ticking; /* only accessed in the main context */
    GMutex lock;      /* guards the rest */
    GCond changed;
    GPtrArray *tasks; /* GTask: waiting for the end of the job */
    guint ends;       /* JobChange.end of the last end that was told */
    GError *error;    /* of that end; NULL: the job succeeded */
};

JobWatch *
job_watch_ref(JobWatch *self)
{
    return g_atomic_rc_box_acquire(self);
}

static void
watch_clear(gpointer data)
{
    JobWatch *self = data;

    job_unref(self->job);
    g_weak_ref_clear(&self->object);
    g_main_context_unref(self->context);
    g_mutex_clear(&self->lock);
    g_cond_clear(&self->changed);
    g_ptr_array_unref(self->tasks);
    g_clear_error(&self->error);
}

void
job_watch_unref(gpointer self)
{
    g_atomic_rc_box_release_full(self, watch_clear);
}

/* --- in the main context ---------------------------------------------------- */

static gboolean
watch_tick(gpointer data)
{
    JobWatch *self = data;
    g_autoptr(GObject) object = g_weak_ref_get(&self->object);

    self->ticking = object && !job_state_is_final(job_get_state(self->job));
    if (self->ticking)
        self->func(object, NULL, NULL);

    return self->ticking ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
start_ticking(JobWatch *self)
{
    g_autoptr(GSource) source = g_timeout_source_new(UPDATE_MS);

    self->ticking = TRUE;
    g_source_set_callback(source, watch_tick, job_watch_ref(self), job_watch_unref);
    g_source_attach(source, self->context);
}

typedef struct {
    JobWatch *watch;
    JobState state;
    GError *error;
} Notice;

static void
watch_notice_free(gpointer data)
{
    Notice *notice = data;

    job_watch_unref(notice->watch);
    g_clear_error(&notice->error);
    g_free(notice);
}

static gboolean
watch_deliver(gpointer data)
{
    const Notice *notice = data;
    JobWatch *self = notice->watch;
    g_autoptr(GObject) object = g_weak_ref_get(&self->object);

    if (!object)
        return G_SOURCE_REMOVE;
    if (!self->ticking && !job_state_is_final(notice->state))
        start_ticking(self);
    self->func(object, &notice->state, notice->error);

    return G_SOURCE_REMOVE;
}

/* --- waiting ------------------------------------------------------------------- */

/* Completes a task. It runs from the main loop, so that the callback is never called from within a
 * function that the program has called. */
static gboolean
complete_task(gpointer data)
{
    GTask *task = data;
    GSource *cancelled = g_task_get_task_data(task);
    GError *error = g_object_steal_data(G_OBJECT(task), "error");

    if (cancelled)
        g_source_destroy(cancelled);
    if (g_task_return_error_if_cancelled(task))
        g_clear_error(&error);
    else if (error)
        g_task_return_error(task, error);
    else
        g_task_return_boolean(task, TRUE);

    return G_SOURCE_REMOVE;
}

static GError *
copy_error(const GError *error)
{
    return error ? g_error_copy(error) : NULL;
}

/* @task: (transfer full): its last reference may be the last one of the job's object, which must
 * not be freed in the thread that is telling a change: that would wait for itself. */
static void
complete_task_later(GTask *task, const GError *error)
{
    g_autoptr(GSource) source = g_idle_source_new();

    g_object_set_data_full(G_OBJECT(task), "error", copy_error(error),
                           (GDestroyNotify)g_error_free);
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, complete_task, task, g_object_unref);
    g_source_attach(source, g_task_get_context(task));
}

static gboolean
on_cancelled(GCancellable *cancellable, gpointer data)
{
    GTask *task = data;
    JobWatch *self = g_object_get_data(G_OBJECT(task), "watch");
    gboolean found;

    g_object_ref(task);
    g_mutex_lock(&self->lock);
    found = g_ptr_array_remove(self->tasks, task);
    g_mutex_unlock(&self->lock);
    /* If the task is not in the array any more, it is being completed. */
    if (found)
        g_task_return_error_if_cancelled(task);
    g_object_unref(task);

    return G_SOURCE_REMOVE;
}

/* With the lock held. @task: (transfer full). An end that comes to be told here only now, although
 * the job was resumed before @task was made, is none of @task's. */
static void
wait_for_end(JobWatch *self, GTask *task)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);
    g_autoptr(GError) error = job_info_error(info);

    if (job_state_is_final(info->state)) {
        complete_task_later(task, error);
        return;
    }
    g_object_set_data(G_OBJECT(task), "ends", GUINT_TO_POINTER(info->ends));
    g_ptr_array_add(self->tasks, task);
}

void
job_watch_add_task(JobWatch *self, GTask *task)
{
    GCancellable *cancellable = g_task_get_cancellable(task);
    /* The lock is taken first, because the main context of the task may run in another thread, and
     * on_cancelled() with it. */
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    if (cancellable) {
        GSource *source = g_cancellable_source_new(cancellable);

        g_object_set_data_full(G_OBJECT(task), "watch", job_watch_ref(self), job_watch_unref);
        g_task_set_task_data(task, source, (GDestroyNotify)g_source_unref);
        g_task_attach_source(task, source, G_SOURCE_FUNC(on_cancelled));
    }
    wait_for_end(self, task);
}

static void
wake_waiting(GCancellable *cancellable, gpointer data)
{
    JobWatch *self = data;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_cond_broadcast(&self->changed);
}

/* With the lock held. Waits for the next end after the one with the number @ends. */
static gboolean
wait_for_next_end(JobWatch *self, guint ends, GCancellable *cancellable, GError **error)
{
    while (self->ends <= ends && !g_cancellable_is_cancelled(cancellable))
        g_cond_wait(&self->changed, &self->lock);
    if (self->ends <= ends)
        return FALSE;
    *error = copy_error(self->error);

    return TRUE;
}

gboolean
job_watch_wait(JobWatch *self, GCancellable *cancellable, GError **error)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);
    gboolean over = job_state_is_final(info->state);
    gulong id;

    *error = job_info_error(info);
    if (over)
        return TRUE;
    id = cancellable
             ? g_cancellable_connect(cancellable, G_CALLBACK(wake_waiting), self, NULL)
             : 0;
    g_mutex_lock(&self->lock);
    over = wait_for_next_end(self, info->ends, cancellable, error);
    g_mutex_unlock(&self->lock);
    g_cancellable_disconnect(cancellable, id);

    return over;
}

/* --- in any thread ------------------------------------------------------------- */

static void
send_notice(JobWatch *self, const JobChange *change)
{
    g_autoptr(GSource) source = g_idle_source_new();
    Notice *notice = g_new0(Notice, 1);

    *notice = (Notice){job_watch_ref(self), change->state, copy_error(change->error)};
    g_source_set_priority(source, G_PRIORITY_DEFAULT);
    g_source_set_callback(source, watch_deliver, notice, watch_notice_free);
    g_source_attach(source, self->context);
}

static gboolean
is_task_over(GTask *task, guint end)
{
    return GPOINTER_TO_UINT(g_object_get_data(G_OBJECT(task), "ends")) < end;
}

static void
tell_waiting(JobWatch *self, const JobChange *change)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->ends = change->end;
    g_clear_error(&self->error);
    self->error = copy_error(change->error);
    g_cond_broadcast(&self->changed);
    for (guint i = 0; i < self->tasks->len;) {
        if (is_task_over(g_ptr_array_index(self->tasks, i), change->end))
            complete_task_later(g_ptr_array_steal_index(self->tasks, i), change->error);
        else
            i++;
    }
}

static void
watch_on_change(Job *job, const JobChange *change, gpointer data)
{
    JobWatch *self = data;

    if (change->kind != JOB_CHANGE_STATE)
        return;
    send_notice(self, change);
    if (change->end > 0)
        tell_waiting(self, change);
}

JobWatch *
job_watch_new(Job *job, GObject *object, JobWatchFunc func)
{
    JobWatch *self = g_atomic_rc_box_new0(JobWatch);

    self->job = job_ref(job);
    g_weak_ref_init(&self->object, object);
    self->func = func;
    self->context = g_main_context_ref_thread_default();
    g_mutex_init(&self->lock);
    g_cond_init(&self->changed);
    self->tasks = g_ptr_array_new_with_free_func(g_object_unref);
    job_set_notify(job, watch_on_change, self);

    return self;
}
