/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <unistd.h>

#include "collection/set-store.h"
#include "export/export-work.h"
#include "import/verify-work.h"
#include "job/job.h"
#include "snapshot/apply-work.h"
#include "snapshot/create-work.h"
#include "snapshot/reference-work.h"
#include "tests/unit/fake-work.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

/* What is said of a job that was killed, or interrupted, and has left something. */

#define REQUEST(job, request) job_request_state_change(job, JOB_REQUEST_##request, 0)

typedef struct {
    FakeWork *work;
    Job *job;
} Fixture;

static void
set_up(Fixture *f, gconstpointer data)
{
    f->work = fake_work_new();
    f->work->plans = TRUE;
    f->job = job_new("me", &f->work->parent);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
    job_unref(f->job);
    job_work_unref(&f->work->parent);
}

static void
assert_ended(Job *job, JobState state, guint code, const char *text, gboolean resumable)
{
    g_autoptr(JobInfo) info = NULL;

    g_assert_true(job_wait(job, 0));
    info = job_get_info(job);
    g_assert_cmpstr(job_state_name(info->state), ==, job_state_name(state));
    g_assert_cmpstr(info->error, ==, text);
    g_assert_cmpuint(info->error_code, ==, code);
    g_assert_cmpint(info->resumable, ==, resumable);
}

/* Waits until the run has begun what it waits in. */
static void
start_fake(Fixture *f)
{
    g_assert_true(job_start(f->job, NULL));
    while (!job_is_planned(f->job))
        g_usleep(1000);
}

/* As the service does with the record of one that had not ended. */
static void
restore(Fixture *f)
{
    g_autoptr(JobInfo) info = job_get_info(f->job);

    job_unref(f->job);
    f->job = job_restore(info);
}

/* --- killed ------------------------------------------------------------------------- */

static void
test_nothing_left(Fixture *f, gconstpointer data)
{
    g_autoptr(GError) failure = NULL;

    f->work->unfixed = "Domain 'a': ";
    start_fake(f);
    REQUEST(f->job, KILL);
    assert_ended(f->job, JOB_STATE_KILLED, VIRT_SNAP_ERROR_CANCELLED,
                 fake_work_type.killed, FALSE);
    failure = job_get_failure(f->job);
    g_assert_cmpstr(failure->message, ==, fake_work_type.killed);
}

static void
test_not_undone(Fixture *f, gconstpointer data)
{
    const char *text =
        "'a' could not be put back. It was cancelled; something of it is left: a set";
    g_autoptr(GError) failure = NULL;

    f->work->unfixed = "'a' could not be put back. ";
    f->work->left = "a set";
    start_fake(f);
    REQUEST(f->job, KILL);
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_INVALID_STATE, text, FALSE);
    failure = job_get_failure(f->job);
    g_assert_cmpstr(failure->message, ==, text);
}

/* It takes itself for done, and files are there. */
static void
test_not_removed(Fixture *f, gconstpointer data)
{
    f->work->has_left = TRUE;
    start_fake(f);
    REQUEST(f->job, KILL);
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_FAILED,
                 "It was cancelled; something of it is left: not all files that it has copied "
                 "could be removed",
                 TRUE);
    f->work->has_left = FALSE;
    REQUEST(f->job, KILL);
    assert_ended(f->job, JOB_STATE_KILLED, VIRT_SNAP_ERROR_CANCELLED, fake_work_type.killed,
                 FALSE);
    g_assert_cmpuint(f->work->discarded, ==, 2);
}

/* What is there then is of another job, which this one was to resume. */
static void
test_never_began(Fixture *f, gconstpointer data)
{
    job_set_resume(f->job);
    REQUEST(f->job, TERMINATE);
    REQUEST(f->job, KILL);
    assert_ended(f->job, JOB_STATE_KILLED, VIRT_SNAP_ERROR_CANCELLED,
                 "The job was ended before it began", FALSE);
    g_assert_cmpuint(f->work->discarded, ==, 0);
}

/* --- failed -------------------------------------------------------------------------- */

/* What does not say why has not succeeded for that. */
static void
test_no_reason(Fixture *f, gconstpointer data)
{
    f->work->fails = TRUE;
    g_assert_true(job_start(f->job, NULL));
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_FAILED,
                 "The job has failed, and it is not known why", FALSE);
}

/* --- interrupted when all was done --------------------------------------------------- */

static void
test_interrupted(Fixture *f, gconstpointer data)
{
    restore(f);
    job_look_back(f->job);
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_INTERRUPTED,
                 "The job was interrupted by the end of the program; it can be resumed", TRUE);
}

static void
test_finished(Fixture *f, gconstpointer data)
{
    f->work->finished = "/x";
    restore(f);
    job_look_back(f->job);
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                 "The job was interrupted by the end of the program when its work was done: '/x' "
                 "is complete",
                 FALSE);
    g_assert_cmpint(REQUEST(f->job, START), ==, JOB_RESULT_INVALID_TRANSITION);
}

/* It is killed before anybody has looked. */
static void
test_finished_killed(Fixture *f, gconstpointer data)
{
    f->work->finished = "/x";
    restore(f);
    g_assert_cmpint(REQUEST(f->job, KILL), ==, JOB_RESULT_STARTED);
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                 "It was cancelled; something of it is left: '/x' is complete, and stays; remove "
                 "it if it is not wanted",
                 FALSE);
}

static void
test_finished_resumed(Fixture *f, gconstpointer data)
{
    f->work->finished = f->work->taken = "/x";
    f->work->runs = 1;
    restore(f);
    g_assert_cmpint(REQUEST(f->job, START), ==, JOB_RESULT_STARTED);
    g_assert_true(job_start(f->job, NULL));
    assert_ended(f->job, JOB_STATE_EXCEPTION, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                 "'/x' exists already: it is complete, and nothing of it is to be resumed",
                 FALSE);
}

/* --- sets ------------------------------------------------------------------------------ */

static SetRecord *
save_set(const char *snapshot, const char *back_to, gboolean temporary)
{
    SetRecord *record = set_record_new("farm", snapshot);
    SetMember *member;
    g_autoptr(GError) error = NULL;

    record->back_to = g_strdup(back_to);
    record->temporary = temporary;
    member = set_record_add(record, "a", "ef861801-45b9-11cb-88e3-afbfe5370491");
    member->state = g_strdup("shutoff");
    member->kind = g_strdup("external");
    g_assert_true(set_store_save(record, &error));
    g_assert_no_error(error);

    return record;
}

/* Discards @work (transfer full), which another one may be at work on, or nobody. */
static void
assert_left(JobWork *work, const SetRecord *record)
{
    g_autoptr(GError) error = NULL;
    auto_fd lock = set_store_lock(record->id, NULL);

    g_assert_true(work->type->discard(work, &error));
    g_assert_no_error(error);
    fd_clear(&lock);
    g_assert_false(work->type->discard(work, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(g_strstr_len(error->message, -1, record->snapshot));
    g_clear_error(&error);
    g_assert_true(set_store_remove(record->id, NULL));
    g_assert_true(work->type->discard(work, &error));
    g_assert_no_error(error);
    job_work_unref(work);
}

static void
test_sets(void)
{
    char *scratch = scratch_new();
    VirtSnapExportSettings *settings = virt_snap_export_settings_new();
    g_autoptr(SetRecord) kept = NULL;
    g_autoptr(SetRecord) made = NULL;
    g_autoptr(SetRecord) live = NULL;
    CreateSettings how = {0};

    g_setenv("VIRTSNAP_STATE_DIR", scratch, TRUE);
    kept = save_set("before-s", "s", FALSE);
    assert_left(&apply_work_new("farm", "s", FALSE, APPLY_AS_IT_WAS)->parent, kept);
    made = save_set("s", NULL, FALSE);
    assert_left(&create_work_new("farm", NULL, "s", &how)->parent, made);
    settings->live = VIRT_SNAP_LIVE_MEMORY;
    live = save_set("virtsnap-live-now", NULL, TRUE);
    assert_left(&export_work_new("farm", NULL, export_place_new(scratch, NULL, "now", TRUE),
                                 settings)
                     ->parent,
                live);
    g_unsetenv("VIRTSNAP_STATE_DIR");
    scratch_free(scratch);
}

/* --- what only the run knows ------------------------------------------------------------- */

/* Discards @work (transfer full), whose run was one of a process that was killed. */
static void
assert_perhaps_left(JobWork *work, gboolean left)
{
    g_autoptr(GError) error = NULL;

    g_assert_cmpint(work->type->discard(work, &error), ==, !left);
    if (left)
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    job_work_unref(work);
}

static void
test_unknown(void)
{
    const JobWorkType *types[] = {&reference_create_work_type, &reference_delete_work_type};
    VerifySettings *files = verify_settings_new();
    VerifySettings *boot = verify_settings_new();

    for (gsize i = 0; i < G_N_ELEMENTS(types); i++)
        assert_perhaps_left(&reference_work_new(types[i], "farm", "p", NULL)->parent,
                            types[i] == &reference_create_work_type);
    boot->boot = boot_settings_new();
    assert_perhaps_left(&verify_work_new("/x", files)->parent, FALSE);
    assert_perhaps_left(&verify_work_new("/x", boot)->parent, TRUE);
}

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/job-left/nothing", Fixture, NULL, set_up, test_nothing_left, tear_down);
    g_test_add("/job-left/not-undone", Fixture, NULL, set_up, test_not_undone, tear_down);
    g_test_add("/job-left/not-removed", Fixture, NULL, set_up, test_not_removed, tear_down);
    g_test_add("/job-left/no-reason", Fixture, NULL, set_up, test_no_reason, tear_down);
    g_test_add("/job-left/never-began", Fixture, NULL, set_up, test_never_began, tear_down);
    g_test_add("/job-left/interrupted", Fixture, NULL, set_up, test_interrupted, tear_down);
    g_test_add("/job-left/finished", Fixture, NULL, set_up, test_finished, tear_down);
    g_test_add("/job-left/finished-killed", Fixture, NULL, set_up, test_finished_killed,
               tear_down);
    g_test_add("/job-left/finished-resumed", Fixture, NULL, set_up, test_finished_resumed,
               tear_down);
    g_test_add_func("/job-left/sets", test_sets);
    g_test_add_func("/job-left/unknown", test_unknown);

    return g_test_run();
}
