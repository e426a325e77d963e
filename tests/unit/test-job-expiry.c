/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <time.h>
#include <utime.h>

#include "drivers/register.h"
#include "service/job-expiry.h"
#include "tests/unit/job-fixture.h"

/* Jobs that were interrupted and that nobody resumes. */

#define DAY ((guint64)86400)

static void
test_left(void)
{
    gint64 now = time(NULL);
    guint left = job_expiry_left(now - 100, 300);

    g_assert_cmpuint(left, <=, 200);
    g_assert_cmpuint(left, >, 0);
    g_assert_cmpuint(job_expiry_left(now - 301, 300), ==, 0);
    g_assert_cmpuint(job_expiry_left(0, 300), ==, 0);
    /* The clock was set back: not early, and not for ever. */
    g_assert_cmpuint(job_expiry_left(now + 1000 * (gint64)DAY, 300), ==, 300);
}

typedef struct {
    GMainLoop *loop;
    guint left;
} Answer;

static void
on_checked(guint left, gpointer data)
{
    Answer *answer = data;

    answer->left = left;
    g_main_loop_quit(answer->loop);
}

/* Returns: how many seconds are left. */
static guint
look(Fixture *f, guint64 stay)
{
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Answer answer = {loop, G_MAXUINT};

    job_expiry_check(f->job, "lane", stay, on_checked, &answer);
    g_main_loop_run(loop);

    return answer.left;
}

static void
set_journal_age(Fixture *f, guint64 seconds)
{
    g_autofree char *journal = g_build_filename(f->out, "farm", ".s.partial", "journal", NULL);
    struct utimbuf times = {time(NULL) - (time_t)seconds, time(NULL) - (time_t)seconds};

    g_assert_cmpint(utime(journal, &times), ==, 0);
}

/* Another job may resume what this one has left. */
static void
test_written_to(Fixture *f, gconstpointer data)
{
    guint left;

    f->parallel = 1;
    terminate(f);
    left = look(f, 7 * DAY);
    g_assert_cmpuint(left, >, 6 * DAY);
    g_assert_cmpuint(left, <=, 7 * DAY);
    set_journal_age(f, 6 * DAY);
    left = look(f, 7 * DAY);
    g_assert_cmpuint(left, >, 0);
    g_assert_cmpuint(left, <=, DAY);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
    g_assert_cmpint(job_get_state(f->job), ==, JOB_STATE_TERMINATED);
}

static void
test_expired(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;

    f->parallel = 1;
    terminate(f);
    set_journal_age(f, 8 * DAY);
    g_assert_cmpuint(look(f, 7 * DAY), ==, 0);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm"));
    info = job_get_info(f->job);
    g_assert_false(info->resumable);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_CANCELLED);
    /* Once is enough. */
    g_assert_cmpuint(look(f, 7 * DAY), ==, 0);
    g_assert_cmpint(job_get_state(f->job), ==, JOB_STATE_KILLED);
}

/* A job that is about to run is not killed, because somebody has just resumed it. */
static void
test_resumed(Fixture *f, gconstpointer data)
{
    f->parallel = 1;
    terminate(f);
    set_journal_age(f, 8 * DAY);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    g_assert_cmpuint(look(f, 7 * DAY), ==, 0);
    g_assert_cmpint(job_get_state(f->job), ==, JOB_STATE_NEW);
    job_set_bandwidth(f->job, 0);
    start_it(f);
    wait_for(f, JOB_STATE_COMPLETED);
}

int
main(int argc, char *argv[])
{
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-expiry/left", test_left);
    g_test_add("/job-expiry/written-to", Fixture, NULL, set_up, test_written_to, tear_down);
    g_test_add("/job-expiry/expired", Fixture, NULL, set_up, test_expired, tear_down);
    g_test_add("/job-expiry/resumed", Fixture, NULL, set_up, test_resumed, tear_down);

    return g_test_run();
}
