/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job.h"
#include "tests/unit/fake-work.h"

/* The thread of a job after the job has ended: what it still does is what its thread-specific data
 * need, as those of libcrypto and libxml2 do. */

static gint ended; /* atomic: threads whose data are freed */

static void
free_slowly(gpointer data)
{
    g_usleep(G_USEC_PER_SEC / 10);
    g_atomic_int_inc(&ended);
}

static GPrivate own = G_PRIVATE_INIT(free_slowly);

static gboolean
run_with_data(JobWork *work, JobRun *run, GError **error)
{
    g_private_set(&own, &own);

    return TRUE;
}

static Job *
start(void)
{
    static JobWorkType type;
    FakeWork *work = fake_work_new();
    Job *job;

    type = fake_work_type;
    type.run = run_with_data;
    work->parent.type = &type;
    job = job_new("me", &work->parent);
    job_work_unref(&work->parent);
    g_assert_true(job_start(job, NULL));
    g_assert_true(job_wait(job, 0));

    return job;
}

static void
test_join(void)
{
    Job *job = start();

    job_join(job);
    g_assert_cmpint(g_atomic_int_get(&ended), ==, 1);
    /* There is nothing to wait for any more. */
    job_join(job);
    job_unref(job);
}

/* One that was never started has no thread. */
static void
test_new(void)
{
    FakeWork *work = fake_work_new();
    Job *job = job_new("me", &work->parent);

    job_join(job);
    job_unref(job);
    job_work_unref(&work->parent);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-thread/join", test_join);
    g_test_add_func("/job-thread/new", test_new);

    return g_test_run();
}
