/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>
#include <unistd.h>

#include "drivers/register.h"
#include "tests/unit/harness.h"
#include "tests/unit/job-fixture.h"

/* --- figures ---------------------------------------------------------------- */

static void
assert_same(const JobFigures *a, const JobFigures *b)
{
    g_assert_cmpuint(a->type, ==, JOB_BLOCK_TYPE_BACKUP);
    g_assert_cmpuint(a->bandwidth, ==, b->bandwidth);
}

/* What holds at every moment; @before: what was seen earlier. */
static void
assert_sane(const JobInfo *info, const JobInfo *before)
{
    gboolean success = job_state_is_success(info->state);

    g_assert_cmpint(info->figures.cur == info->figures.end, ==, success);
    g_assert_cmpuint(info->percent, ==, job_figures_percent(&info->figures));
    g_assert_cmpint(info->percent == 100, ==, success);
    for (guint i = 0; i < info->disks->len; i++) {
        const JobDisk *disk = g_ptr_array_index(info->disks, i);

        assert_same(&disk->figures, &info->figures);
        g_assert_cmpint(disk->figures.cur == disk->figures.end, ==, success);
        g_assert_cmpuint(disk->figures.cur, <=, info->figures.cur);
    }
    if (!before)
        return;
    g_assert_cmpuint(info->percent, >=, before->percent);
    g_assert_true(info->figures.cur >= before->figures.cur || before->disks->len == 0);
    for (guint i = 0; i < before->disks->len; i++)
        g_assert_cmpuint(((JobDisk *)g_ptr_array_index(info->disks, i))->figures.cur, >=,
                         ((JobDisk *)g_ptr_array_index(before->disks, i))->figures.cur);
}

static void
test_complete(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) before = job_get_info(f->job);
    g_autoptr(JobInfo) info = NULL;
    const JobDisk *disk;

    g_assert_cmpint(before->state, ==, JOB_STATE_NEW);
    g_assert_cmpuint(before->figures.end, ==, 1);
    g_assert_cmpuint(before->started, ==, 0);
    assert_sane(before, NULL);
    start_it(f);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    assert_told(f, " starting running a:vda=0 b:vda=0 completed");
    info = job_get_info(f->job);
    assert_sane(info, before);
    g_assert_true(g_str_has_prefix(info->id, "virtsnap:"));
    g_assert_cmpstr(info->name, ==, "Export of farm, s");
    g_assert_cmpstr(((const ExportWork *)info->work)->collection, ==, "farm");
    g_assert_cmpint(info->state, ==, JOB_STATE_COMPLETED);
    g_assert_cmpuint(info->disks->len, ==, 2);
    disk = g_ptr_array_index(info->disks, 1);
    g_assert_cmpstr(disk->domain, ==, "b");
    /* The base is in both, but once in the whole. */
    g_assert_cmpuint(disk->figures.end, >, 11 * MIB);
    g_assert_cmpuint(info->figures.end, >, 14 * MIB);
    g_assert_cmpuint(info->figures.end, <, 20 * MIB);
    g_assert_cmpuint(info->error_code, ==, 0);
    g_assert_null(job_info_error_xml(info));
    g_assert_true(info->ended >= info->started && info->started >= info->submitted);
    g_assert_cmpuint(info->report->domains->len, ==, 2);
    g_assert_cmpuint(info->report->disks->len, ==, 2);
    g_assert_true(g_file_test(g_ptr_array_index(info->report->disks, 0), G_FILE_TEST_EXISTS));
    g_assert_true(g_file_test(g_ptr_array_index(info->report->config, 0), G_FILE_TEST_EXISTS));
    g_assert_true(is_there(f, "farm/s/manifest.xml"));
    g_assert_cmpuint(f->work->result.layers, ==, 3);
    g_assert_false(job_start(f->job, NULL));
}

static void
test_refused(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;
    g_autofree char *xml = NULL;

    f->refuse = "no such <domain>";
    start_it(f);
    g_assert_true(job_wait(f->job, 0));
    assert_told(f, " starting exception");
    info = job_get_info(f->job);
    assert_sane(info, NULL);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_NOT_FOUND);
    g_assert_cmpstr(info->error, ==, f->refuse);
    /* A run that fails has to tell what it has left, too. */
    g_assert_cmpuint(info->warnings->len, ==, 1);
    g_assert_cmpstr(g_ptr_array_index(info->warnings, 0), ==, "left 'a'");
    g_assert_null(info->report);
    g_assert_false(info->resumable);
    xml = job_info_error_xml(info);
    g_assert_nonnull(strstr(xml, "<INSTANCE CLASSNAME=\"Msvm_Error\">"));
    g_assert_nonnull(strstr(xml, "<VALUE>no such &lt;domain&gt;</VALUE>"));
    g_assert_nonnull(strstr(xml, "<VALUE>32779</VALUE>"));
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_INVALID_TRANSITION);
}

/* --- load ------------------------------------------------------------------- */

#define LOOKERS 8
#define DRIVERS 4

static gpointer
look(gpointer data)
{
    Fixture *f = data;
    g_autoptr(JobInfo) before = job_get_info(f->job);
    guint n = 0;

    while (!job_state_is_final(before->state)) {
        JobInfo *info = job_get_info(f->job);

        assert_sane(info, before);
        job_info_free(before);
        before = info;
        n++;
    }

    return GUINT_TO_POINTER(n);
}

static gpointer
drive(gpointer data)
{
    Fixture *f = data;

    while (!job_state_is_final(job_get_state(f->job))) {
        switch (g_random_int_range(0, 3)) {
        case 0:
            job_request_state_change(f->job, JOB_REQUEST_SUSPEND, 0);
            break;
        case 1:
            job_request_state_change(f->job, JOB_REQUEST_START, 0);
            break;
        default:
            job_set_bandwidth(f->job, (guint64)g_random_int_range(2, 20) * MIB);
        }
        g_usleep((gulong)g_random_int_range(100, 5000));
    }

    return NULL;
}

/* At every look the figures agree, and none has fallen. */
static void
test_load(Fixture *f, gconstpointer data)
{
    GThread *threads[LOOKERS + DRIVERS];
    guint looks = 0;

    f->bandwidth = 8 * MIB;
    start_it(f);
    for (int i = 0; i < LOOKERS + DRIVERS; i++)
        threads[i] = g_thread_new("load", i < LOOKERS ? look : drive, f);
    for (int i = 0; i < LOOKERS + DRIVERS; i++)
        looks += GPOINTER_TO_UINT(g_thread_join(threads[i]));
    wait_for(f, JOB_STATE_COMPLETED);
    g_assert_cmpuint(looks, >, 1000);
    g_test_message("looked %u times", looks);
}

/* --- orders ----------------------------------------------------------------- */

/* Waits until a second passes without any transfer: those that were under way are completed first.
 * */
static JobInfo *
rest(Fixture *f)
{
    for (int i = 0; i < TRIES / 1000; i++) {
        g_autoptr(JobInfo) before = job_get_info(f->job);
        g_autoptr(JobInfo) after = NULL;

        g_usleep(SECOND);
        after = job_get_info(f->job);
        if (before->figures.cur == after->figures.cur)
            return g_steal_pointer(&before);
    }
    g_assert_not_reached();
}

static void
test_suspend(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) one = NULL;
    g_autoptr(JobInfo) two = NULL;

    f->bandwidth = 4 * MIB;
    start_it(f);
    wait_for_bytes(f, 2 * MIB);
    assert_request(f, JOB_REQUEST_SUSPEND, JOB_RESULT_DONE);
    one = rest(f);
    two = job_get_info(f->job);
    g_assert_cmpint(two->state, ==, JOB_STATE_SUSPENDED);
    g_assert_cmpuint(one->figures.cur, <, one->figures.end);
    g_assert_cmpuint(one->figures.bandwidth, ==, f->bandwidth);
    assert_sane(two, one);
    assert_request(f, JOB_REQUEST_SUSPEND, JOB_RESULT_INVALID_TRANSITION);
    job_set_bandwidth(f->job, 0);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_DONE);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    assert_told(f, " starting running suspended running a:vda=0 b:vda=0 completed");
}

static void
test_kill(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;

    f->bandwidth = MIB;
    start_it(f);
    wait_for_bytes(f, MIB);
    g_assert_true(is_there(f, "farm/.s.partial"));
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    assert_told(f, " starting running shutting-down a:vda=2 b:vda=2 killed");
    info = job_get_info(f->job);
    assert_sane(info, NULL);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_CANCELLED);
    g_assert_false(info->resumable);
    g_assert_false(is_there(f, "farm"));
}

static void
test_terminate(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;

    f->parallel = 1;
    terminate(f);
    info = job_get_info(f->job);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_INTERRUPTED);
    g_assert_true(info->resumable);
    job_set_bandwidth(f->job, 0);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    g_clear_pointer(&info, job_info_free);
    info = job_get_info(f->job);
    g_assert_cmpstr(info->error, ==, NULL);
    wait_for(f, JOB_STATE_COMPLETED);
    g_assert_cmpuint(f->work->result.copied, <, 8 * MIB);
    g_assert_cmpuint(f->work->result.bytes, >, 14 * MIB);
    g_assert_true(is_there(f, "farm/s/manifest.xml"));
    g_assert_false(is_there(f, "farm/.s.partial"));
}

static void
test_kill_resumed(Fixture *f, gconstpointer data)
{
    f->parallel = 1;
    terminate(f);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    f->wait = TRUE;
    start_it(f);
    wait_for(f, JOB_STATE_STARTING);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm"));
}

/* Before its turn comes. */
static void
test_kill_new(Fixture *f, gconstpointer data)
{
    f->parallel = 1;
    terminate(f);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm"));
}

static void
test_changed(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;

    f->parallel = 1;
    terminate(f);
    g_free(run("touch", "-d", "2001-02-03", "base.raw", NULL));
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    info = job_get_info(f->job);
    g_assert_cmpint(info->state, ==, JOB_STATE_EXCEPTION);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(info->error, "base.raw"));
    /* Once the reason is removed the job can be resumed; it can also be killed. */
    g_assert_true(info->resumable);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
}

/* It ends whatever it waits for. */
static void
test_kill_waiting(Fixture *f, gconstpointer data)
{
    f->wait = TRUE;
    start_it(f);
    wait_for(f, JOB_STATE_STARTING);
    assert_request(f, JOB_REQUEST_SUSPEND, JOB_RESULT_DONE);
    assert_request(f, JOB_REQUEST_TERMINATE, JOB_RESULT_STARTED);
    g_assert_cmpint(job_request_state_change(f->job, JOB_REQUEST_KILL, 5), ==,
                    JOB_RESULT_NO_TIMEOUT);
    job_request_state_change(f->job, JOB_REQUEST_KILL, 0);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    g_assert_true(job_state_is_final(job_get_state(f->job)));
    g_assert_false(is_there(f, "farm"));
}

/* A service that stops gives it more time, as long as it has it. */
static void
test_holds_guests(Fixture *f, gconstpointer data)
{
    f->wait = TRUE;
    f->hold = TRUE;
    g_assert_false(job_holds_guests(f->job));
    start_it(f);
    while (!job_holds_guests(f->job))
        g_usleep(1000);
    assert_request(f, JOB_REQUEST_TERMINATE, JOB_RESULT_STARTED);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    g_assert_false(job_holds_guests(f->job));
}

static void
test_new(Fixture *f, gconstpointer data)
{
    assert_request(f, JOB_REQUEST_SUSPEND, JOB_RESULT_INVALID_TRANSITION);
    assert_request(f, 77, JOB_RESULT_INVALID_PARAMETER);
    g_assert_false(job_wait(f->job, g_get_monotonic_time() + 1000));
    assert_request(f, JOB_REQUEST_TERMINATE, JOB_RESULT_DONE);
    wait_for(f, JOB_STATE_TERMINATED);
    g_assert_false(job_start(f->job, NULL));
    /* It may begin all the same. */
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    g_assert_true(job_wait(f->job, 0));
    wait_for(f, JOB_STATE_COMPLETED);
}

int
main(int argc, char *argv[])
{
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    g_test_add("/job/complete", Fixture, NULL, set_up, test_complete, tear_down);
    g_test_add("/job/load", Fixture, NULL, set_up, test_load, tear_down);
    g_test_add("/job/holds-guests", Fixture, NULL, set_up, test_holds_guests, tear_down);
    g_test_add("/job/refused", Fixture, NULL, set_up, test_refused, tear_down);
    g_test_add("/job/suspend", Fixture, NULL, set_up, test_suspend, tear_down);
    g_test_add("/job/kill", Fixture, NULL, set_up, test_kill, tear_down);
    g_test_add("/job/terminate", Fixture, NULL, set_up, test_terminate, tear_down);
    g_test_add("/job/kill-resumed", Fixture, NULL, set_up, test_kill_resumed, tear_down);
    g_test_add("/job/kill-new", Fixture, NULL, set_up, test_kill_new, tear_down);
    g_test_add("/job/changed", Fixture, NULL, set_up, test_changed, tear_down);
    g_test_add("/job/kill-waiting", Fixture, NULL, set_up, test_kill_waiting, tear_down);
    g_test_add("/job/new", Fixture, NULL, set_up, test_new, tear_down);

    return g_test_run();
}
