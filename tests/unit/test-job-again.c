/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drivers/register.h"
#include "image/image-lock.h"
#include "import/import-work.h"
#include "tests/unit/harness.h"
#include "tests/unit/job-fixture.h"
#include "util/fd.h"

/* Jobs that were interrupted are resumed or killed. */

/* When it is over already. */
static void
test_kill_interrupted(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;

    f->parallel = 1;
    terminate(f);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm"));
    info = job_get_info(f->job);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_CANCELLED);
    g_assert_false(info->resumable);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_INVALID_TRANSITION);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_INVALID_TRANSITION);
}

/* A job that has written nothing leaves alone what another job has left. */
static void
test_kill_unplanned(Fixture *f, gconstpointer data)
{
    Job *first = f->job;

    f->parallel = 1;
    terminate(f);
    f->job = job_new("me", &f->work->parent);
    f->wait = TRUE;
    start_it(f);
    wait_for(f, JOB_STATE_STARTING);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
    g_assert_false(job_is_planned(f->job));
    job_unref(first);
}

/* While another process uses the partial export, it cannot be removed, and the error says so. */
static void
test_kill_in_use(Fixture *f, gconstpointer data)
{
    g_autofree char *directory = g_build_filename(f->out, "farm", ".s.partial", NULL);
    g_autoptr(JobInfo) info = NULL;
    auto_fd fd = -1;

    f->parallel = 1;
    terminate(f);
    fd = fd_open_dir(AT_FDCWD, directory, NULL);
    g_assert_cmpint(flock(fd, LOCK_EX), ==, 0);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    wait_for(f, JOB_STATE_EXCEPTION);
    info = job_get_info(f->job);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_IN_USE);
    g_assert_true(info->resumable);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
    fd_clear(&fd);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm"));
}

/* A user kills the job while the last flush of an orderly end still takes its time. */
static Job *impatient;

int
fdatasync(int fd)
{
    Job *job = g_atomic_pointer_get(&impatient);

    if (job && job_get_state(job) == JOB_STATE_SHUTTING_DOWN)
        job_request_state_change(job, JOB_REQUEST_KILL, 0);

    return (int)syscall(SYS_fdatasync, fd);
}

static void
test_terminate_kill(Fixture *f, gconstpointer data)
{
    /* Two segments, of which one is written and not yet durable. */
    g_free(run("qemu-io", "-f", "raw", "-c", "truncate 200M", "-c", "write -q 130M 8M", "base.raw",
               NULL));
    f->parallel = 1;
    f->bandwidth = 4 * MIB;
    start_it(f);
    wait_for_bytes(f, 10 * MIB);
    g_atomic_pointer_set(&impatient, f->job);
    assert_request(f, JOB_REQUEST_TERMINATE, JOB_RESULT_STARTED);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    g_atomic_pointer_set(&impatient, NULL);
    g_test_message("%s", f->told->str);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm"));
}

/* The reason that keeps a job from being resumed may be gone a moment later. */
static void
assert_goes_on_after(Fixture *f, guint code)
{
    g_autoptr(JobInfo) info = NULL;

    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    info = job_get_info(f->job);
    g_assert_cmpint(info->state, ==, JOB_STATE_EXCEPTION);
    g_assert_cmpuint(info->error_code, ==, code);
    g_assert_true(info->resumable);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
}

static void
finish(Fixture *f)
{
    job_set_bandwidth(f->job, 0);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    wait_for(f, JOB_STATE_COMPLETED);
    g_assert_cmpuint(f->work->result.copied, <, 8 * MIB);
}

/* A process that took the lock to see whether it is held would keep the other one from getting it.
 * */
static void
wait_until_locked(const char *path)
{
    g_autoptr(GError) error = NULL;
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY, 0, &error);

    g_assert_no_error(error);
    while (image_lock_probe(fd, path, &error))
        g_usleep(1000);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
}

static void
test_locked(Fixture *f, gconstpointer data)
{
    auto_fd in = -1;
    GPid pid;

    f->parallel = 1;
    terminate(f);
    pid = start(&in, NULL, "qemu-io", "-f", "qcow2", "a.qcow2", NULL);
    wait_until_locked("a.qcow2");
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    assert_goes_on_after(f, VIRT_SNAP_ERROR_IN_USE);
    stop(pid);
    finish(f);
}

static void
test_no_answer(Fixture *f, gconstpointer data)
{
    f->parallel = 1;
    terminate(f);
    f->refuse = "libvirt has gone";
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    assert_goes_on_after(f, VIRT_SNAP_ERROR_NOT_FOUND);
    f->refuse = NULL;
    finish(f);
}

/* No descriptor is left open, wherever the job ends. */
static void
test_no_descriptors(Fixture *f, gconstpointer data)
{
    struct rlimit all;
    gboolean done = FALSE;

    f->parallel = 1;
    terminate(f);
    job_set_bandwidth(f->job, 0);
    g_assert_cmpint(getrlimit(RLIMIT_NOFILE, &all), ==, 0);
    for (rlim_t n = 4; !done && n < 64; n++) {
        struct rlimit few = {n, all.rlim_max};

        assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &few), ==, 0);
        start_it(f);
        g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
        g_assert_cmpint(setrlimit(RLIMIT_NOFILE, &all), ==, 0);
        done = job_get_state(f->job) == JOB_STATE_COMPLETED;
        g_assert_true(done || is_there(f, "farm/.s.partial/journal"));
    }
    g_assert_true(done);
}

/* A disk of the sources that gives no data for a while. */
static gint source_fails;

ssize_t
pread(int fd, void *data, size_t length, off_t offset)
{
    if (g_atomic_int_get(&source_fails) && length >= 4096 && offset >= 4096) {
        errno = EIO;
        return -1;
    }

    return syscall(SYS_pread64, fd, data, length, offset);
}

static void
test_unreadable(Fixture *f, gconstpointer data)
{
    g_autoptr(JobInfo) info = NULL;

    f->parallel = 1;
    terminate(f);
    job_set_bandwidth(f->job, 0);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    g_atomic_int_set(&source_fails, TRUE);
    start_it(f);
    wait_for(f, JOB_STATE_EXCEPTION);
    g_atomic_int_set(&source_fails, FALSE);
    info = job_get_info(f->job);
    g_test_message("%s", info->error);
    g_assert_true(info->resumable);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
    finish(f);
}

/* A process that comes after one that was killed has the job as its record has it. */
static void
restore(Fixture *f)
{
    g_autoptr(JobInfo) info = job_get_info(f->job);

    job_unref(f->job);
    info->state = JOB_STATE_NEW;
    info->started = 0;
    f->job = job_restore(info);
}

static void
assert_complete(Fixture *f, const char *text)
{
    g_autoptr(JobInfo) info = job_get_info(f->job);
    g_autofree char *path = g_build_filename(f->out, "farm", "s", NULL);

    g_test_message("%s", info->error);
    g_assert_cmpint(info->state, ==, JOB_STATE_EXCEPTION);
    g_assert_cmpuint(info->error_code, ==, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_assert_nonnull(strstr(info->error, path));
    g_assert_nonnull(strstr(info->error, text));
    g_assert_false(info->resumable);
    g_assert_true(is_there(f, "farm/s/manifest.xml"));
}

/* The export got its name, and nobody noted it any more. */
static void
test_complete(Fixture *f, gconstpointer data)
{
    start_it(f);
    wait_for(f, JOB_STATE_COMPLETED);
    restore(f);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    g_assert_true(job_wait(f->job, 0));
    assert_complete(f, "is complete, and stays");
    restore(f);
    assert_request(f, JOB_REQUEST_START, JOB_RESULT_STARTED);
    start_it(f);
    g_assert_true(job_wait(f->job, 0));
    assert_complete(f, "nothing of it is to be resumed");
    restore(f);
    job_look_back(f->job);
    assert_complete(f, "when its work was done");
}

/* What was begun by one that was to replace it, and is beside it still. */
static void
test_partial_beside(Fixture *f, gconstpointer data)
{
    g_autofree char *path = g_build_filename(f->out, "farm", "s", NULL);

    f->parallel = 1;
    terminate(f);
    g_assert_cmpint(g_mkdir(path, 0700), ==, 0);
    assert_request(f, JOB_REQUEST_KILL, JOB_RESULT_STARTED);
    wait_for(f, JOB_STATE_KILLED);
    g_assert_false(is_there(f, "farm/.s.partial"));
    g_assert_true(is_there(f, "farm/s"));
}

/* An import is complete when nothing is noted any more that would have to be taken back. */
static void
test_import(Fixture *f, gconstpointer data)
{
    g_autofree char *export = g_build_filename(f->out, "farm", "s", NULL);
    g_autofree char *in = g_build_filename(f->dir, "in", NULL);
    g_autofree char *made = g_build_filename(in, "farm", "s", NULL);
    g_autofree char *record = g_build_filename(in, "farm", ".s.import", NULL);
    JobWork *work = &import_work_new(export, in, import_settings_new())->parent;
    g_autofree char *finished = NULL;
    g_autoptr(GError) error = NULL;

    start_it(f);
    wait_for(f, JOB_STATE_COMPLETED);
    g_assert_true(work->type->discard(work, &error));
    g_assert_no_error(error);
    g_assert_cmpint(g_mkdir_with_parents(made, 0700), ==, 0);
    write_file(record, "domains", -1);
    g_assert_null(work->type->finished(work));
    g_assert_true(work->type->has_left(work));
    g_assert_false(work->type->discard(work, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, made));
    g_clear_error(&error);
    g_assert_cmpint(unlink(record), ==, 0);
    finished = work->type->finished(work);
    g_assert_cmpstr(finished, ==, made);
    g_assert_false(work->type->has_left(work));
    job_work_unref(work);
}

/* Nobody knows any more where it has put what it has copied. */
static void
test_import_of_nothing(Fixture *f, gconstpointer data)
{
    JobWork *work = &import_work_new("/nothing", f->dir, import_settings_new())->parent;
    g_autoptr(GError) error = NULL;

    g_assert_false(work->type->discard(work, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    job_work_unref(work);
}

int
main(int argc, char *argv[])
{
    register_drivers();
    g_test_init(&argc, &argv, NULL);
    g_test_add("/job-again/kill-interrupted", Fixture, NULL, set_up, test_kill_interrupted,
               tear_down);
    g_test_add("/job-again/kill-in-use", Fixture, NULL, set_up, test_kill_in_use, tear_down);
    g_test_add("/job-again/kill-unplanned", Fixture, NULL, set_up, test_kill_unplanned, tear_down);
    g_test_add("/job-again/terminate-kill", Fixture, NULL, set_up, test_terminate_kill, tear_down);
    g_test_add("/job-again/locked", Fixture, NULL, set_up, test_locked, tear_down);
    g_test_add("/job-again/unreadable", Fixture, NULL, set_up, test_unreadable, tear_down);
    g_test_add("/job-again/complete", Fixture, NULL, set_up, test_complete, tear_down);
    g_test_add("/job-again/partial-beside", Fixture, NULL, set_up, test_partial_beside, tear_down);
    g_test_add("/job-again/import", Fixture, NULL, set_up, test_import, tear_down);
    g_test_add("/job-again/import-of-nothing", Fixture, NULL, set_up, test_import_of_nothing,
               tear_down);
    g_test_add("/job-again/no-answer", Fixture, NULL, set_up, test_no_answer, tear_down);
    g_test_add("/job-again/no-descriptors", Fixture, NULL, set_up, test_no_descriptors, tear_down);

    return g_test_run();
}
