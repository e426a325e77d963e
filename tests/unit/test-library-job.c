/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <dlfcn.h>

#include "library/job-private.h"
#include "library/virtsnap.h"
#include "tests/unit/fake-work.h"

/* Of a millisecond: as many as only a hang needs. */
#define TRIES 20000

/* --- a thread of a job that is slower than the main loop ----------------------------- */

static GThread *main_thread;
static gint slow; /* atomic: how many sources other threads attach before they have to wait */
static gint go;   /* atomic: they wait no longer */

/* In place of that of GLib. */
guint
g_source_attach(GSource *source, GMainContext *context)
{
    guint (*attach)(GSource *, GMainContext *) = NULL;
    guint id;

    *(void **)&attach = dlsym(RTLD_NEXT, "g_source_attach");
    id = attach(source, context);
    if (g_thread_self() != main_thread && g_atomic_int_get(&slow) > 0 &&
        g_atomic_int_dec_and_test(&slow)) {
        for (int i = 0; i < TRIES && !g_atomic_int_get(&go); i++)
            g_usleep(1000);
    }

    return id;
}

static gint waiting; /* atomic: a thread waits for the end of the job */

/* In place of that of GLib. The main thread would only wait for the one that is slow. */
void
g_cond_wait(GCond *cond, GMutex *mutex)
{
    void (*wait)(GCond *, GMutex *) = NULL;

    *(void **)&wait = dlsym(RTLD_NEXT, "g_cond_wait");
    g_atomic_int_set(g_thread_self() == main_thread ? &go : &waiting, TRUE);
    wait(cond, mutex);
}

static void
be_slow_after(gint sources)
{
    g_atomic_int_set(&go, FALSE);
    g_atomic_int_set(&slow, sources);
}

/* --- what a program is told ------------------------------------------------------------ */

typedef struct {
    VirtSnapJob *job;
    guint completed;
    GError *error;  /* that it was completed with */
    GError *waited; /* that the thread was told */
    gint over;      /* atomic: the thread has been told */
    GAsyncResult *result;
} Told;

/* Resumes the job as soon as it has ended. */
static void
on_state(VirtSnapJob *job, VirtSnapJobState state, Told *told)
{
    if (state != VIRT_SNAP_JOB_STATE_TERMINATED)
        return;
    g_assert_true(
        virt_snap_job_request_state_change(job, VIRT_SNAP_JOB_REQUEST_START, NULL));
}

static void
on_completed(VirtSnapJob *job, const GError *error, Told *told)
{
    told->completed++;
    g_clear_error(&told->error);
    told->error = error ? g_error_copy(error) : NULL;
}

static void
on_waited(GObject *source, GAsyncResult *result, gpointer data)
{
    *(GAsyncResult **)data = g_object_ref(result);
}

static gpointer
wait_in_thread(gpointer data)
{
    Told *told = data;

    g_assert_cmpint(virt_snap_job_wait(told->job, NULL, &told->waited), ==, !told->waited);
    g_atomic_int_set(&told->over, TRUE);

    return NULL;
}

static void
iterate_until(const gint *value)
{
    for (int i = 0; i < TRIES && !g_atomic_int_get(value); i++) {
        g_main_context_iteration(NULL, FALSE);
        g_usleep(1000);
    }
    g_assert_true(g_atomic_int_get(value));
}

static void
assert_interrupted(const GError *error)
{
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED);
    g_assert_cmpstr(error->message, ==, "It was interrupted");
}

/* --- tests --------------------------------------------------------------------------------- */

/* Whoever waits is told of the end that there was, although the job is under way again by then. */
static void
test_resumed_at_once(void)
{
    FakeWork *work = fake_work_new();
    g_autoptr(VirtSnapJob) job = library_job_start(&work->parent, NULL);
    Told told = {.job = job};
    GThread *thread = g_thread_new("wait", wait_in_thread, &told);
    GError *error = NULL;

    g_signal_connect(job, "state-changed", G_CALLBACK(on_state), &told);
    g_signal_connect(job, "completed", G_CALLBACK(on_completed), &told);
    virt_snap_job_wait_async(job, NULL, on_waited, &told.result);
    iterate_until(&waiting);
    /* A job that is ended before its work has begun would have its first run after that. */
    iterate_until(&work->runs);
    /* The thread of the job is held where it has told the main loop and nobody else. */
    be_slow_after(1);
    g_assert_true(
        virt_snap_job_request_state_change(job, VIRT_SNAP_JOB_REQUEST_TERMINATE, &error));
    while (told.completed == 0)
        g_main_context_iteration(NULL, TRUE);
    g_atomic_int_set(&go, TRUE);
    assert_interrupted(told.error);
    while (!told.result)
        g_main_context_iteration(NULL, TRUE);
    g_assert_false(virt_snap_job_wait_finish(job, told.result, &error));
    assert_interrupted(error);
    iterate_until(&told.over);
    g_thread_join(thread);
    assert_interrupted(told.waited);
    g_atomic_int_set(&work->may_end, TRUE);
    while (told.completed == 1)
        g_main_context_iteration(NULL, TRUE);
    g_assert_no_error(told.error);
    g_assert_true(virt_snap_job_wait(job, NULL, NULL));
    g_clear_error(&error);
    g_clear_error(&told.waited);
    g_clear_object(&told.result);
    job_work_unref(&work->parent);
}

/* Nobody but the task has the job any more, and the main loop is done with it before the thread of
 * the job is. */
static void
test_forgotten(void)
{
    FakeWork *work = fake_work_new();
    VirtSnapJob *job = library_job_start(&work->parent, NULL);
    Told told = {0};
    gint freed = 0;

    work->freed = &freed;
    virt_snap_job_wait_async(job, NULL, on_waited, &told.result);
    iterate_until(&work->runs);
    /* The second one is that of the task. */
    be_slow_after(2);
    g_assert_true(virt_snap_job_request_state_change(job, VIRT_SNAP_JOB_REQUEST_KILL, NULL));
    job_work_unref(&work->parent);
    g_object_unref(job);
    while (!told.result)
        g_main_context_iteration(NULL, TRUE);
    g_clear_object(&told.result);
    g_atomic_int_set(&go, TRUE);
    iterate_until(&freed);
}

/* --- what a thread still does after its job has ended -------------------------------------- */

static gint thread_data_freed; /* atomic */

static void
free_slowly(gpointer data)
{
    g_usleep(G_USEC_PER_SEC / 10);
    g_atomic_int_inc(&thread_data_freed);
}

static GPrivate thread_data = G_PRIVATE_INIT(free_slowly);

static gboolean
run_with_data(JobWork *work, JobRun *run, GError **error)
{
    g_private_set(&thread_data, &thread_data);

    return TRUE;
}

static VirtSnapJob *
start_with_data(void)
{
    static JobWorkType type;
    FakeWork *work = fake_work_new();
    VirtSnapJob *job;

    type = fake_work_type;
    type.run = run_with_data;
    work->parent.type = &type;
    g_atomic_int_set(&thread_data_freed, 0);
    job = library_job_start(&work->parent, NULL);
    job_work_unref(&work->parent);

    return job;
}

/* A program that has waited may exit: nothing of the job uses what its exit frees. */
static void
test_gone(void)
{
    g_autoptr(VirtSnapJob) job = start_with_data();

    g_assert_true(virt_snap_job_wait(job, NULL, NULL));
    g_assert_cmpint(g_atomic_int_get(&thread_data_freed), ==, 1);
}

static void
test_gone_async(void)
{
    g_autoptr(VirtSnapJob) job = start_with_data();
    g_autoptr(GAsyncResult) result = NULL;

    virt_snap_job_wait_async(job, NULL, on_waited, &result);
    while (!result)
        g_main_context_iteration(NULL, TRUE);
    g_assert_true(virt_snap_job_wait_finish(job, result, NULL));
    g_assert_cmpint(g_atomic_int_get(&thread_data_freed), ==, 1);
}

int
main(int argc, char *argv[])
{
    main_thread = g_thread_self();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/library-job/resumed-at-once", test_resumed_at_once);
    g_test_add_func("/library-job/forgotten", test_forgotten);
    g_test_add_func("/library-job/gone", test_gone);
    g_test_add_func("/library-job/gone-async", test_gone_async);

    return g_test_run();
}
