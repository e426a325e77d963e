/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#include "export/export-work.h"
#include "library/verbs.h"
#include "service/job-keeper.h"
#include "service/work.h"

/* What the service knows of the jobs of its earlier runs. */

static char *directory; /* of the records */

static Job *
some_job(void)
{
    ExportPlace *place = export_place_new("/backup", NULL, "night", TRUE);
    ExportWork *work = export_work_new("web", NULL, place, virt_snap_export_settings_new());
    Job *job = job_new("root", &work->parent);

    job_work_unref(&work->parent);

    return job;
}

static JobKeeper *
begin(void)
{
    g_autoptr(GError) error = NULL;
    JobKeeper *keeper = job_keeper_new(0, &error);

    g_assert_no_error(error);

    return keeper;
}

/* Returns: the last number that @keeper knows. */
static guint
load(JobKeeper *keeper, guint records)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) loaded = NULL;
    guint last;

    loaded = job_keeper_load_all(keeper, &last, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(loaded->len, ==, records);

    return last;
}

/* Returns: the last number that a new run of the service knows. */
static guint
load_again(guint records)
{
    JobKeeper *keeper = begin();
    guint last = load(keeper, records);

    job_keeper_free(keeper);

    return last;
}

static void
finish_work(void)
{
    while (!work_is_idle())
        g_main_context_iteration(NULL, TRUE);
}

static void
on_kept(const GError *error, gpointer data)
{
    *(GError **)data = error ? g_error_copy(error) : NULL;
}

/* Returns: the error; NULL: it is kept. */
static GError *
keep(JobKeeper *keeper, guint number)
{
    GError *error = NULL;
    Job *job = some_job();

    job_keeper_save(keeper, job, number, 0, on_kept, &error);
    finish_work();
    job_unref(job);

    return error;
}

static void
put(const char *name, const char *text)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    g_assert_true(g_file_set_contents(path, text, -1, NULL));
}

static void
drop(const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    g_assert_cmpint(g_remove(path), ==, 0);
}

static gboolean
is_there(const char *name)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* Each test has a directory of its own. */
static void
set_up(void)
{
    char *state = g_dir_make_tmp("keeperXXXXXX", NULL);

    g_setenv("VIRTSNAP_STATE_DIR", state, TRUE);
    g_free(directory);
    directory = g_build_filename(state, "jobs", NULL);
    g_free(state);
}

/* The number of a job is not given to another when its record has gone. */
static void
test_gone(void)
{
    JobKeeper *keeper;

    set_up();
    keeper = begin();
    g_assert_cmpuint(load(keeper, 0), ==, 0);
    for (guint number = 1; number <= 7; number++)
        g_assert_no_error(keep(keeper, number));
    for (guint number = 3; number <= 7; number++)
        job_keeper_forget(keeper, number);
    finish_work();
    job_keeper_free(keeper);
    g_assert_cmpuint(load_again(2), ==, 7);
    g_assert_cmpuint(load_again(2), ==, 7);
}

/* As after an update: earlier versions noted nothing. */
static void
test_not_noted(void)
{
    JobKeeper *keeper;

    set_up();
    keeper = begin();
    g_assert_no_error(keep(keeper, 5));
    job_keeper_free(keeper);
    drop("last-number");
    g_assert_cmpuint(load_again(1), ==, 5);
    drop("5.xml");
    g_assert_cmpuint(load_again(0), ==, 5);
}

static void
test_damaged(void)
{
    static const char *const texts[] = {"", "x\n", "-3\n", "12 34\n", "99999999999\n",
                                        "4294967295\n", "1\n1\n", "much too long for a number"};
    JobKeeper *keeper;

    set_up();
    keeper = begin();
    g_assert_no_error(keep(keeper, 5));
    job_keeper_free(keeper);
    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        put("last-number", texts[i]);
        g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*last-number*");
        g_assert_cmpuint(load_again(1), ==, 5);
        g_test_assert_expected_messages();
        g_assert_cmpuint(load_again(1), ==, 5);
    }
    drop("5.xml");
    g_assert_cmpuint(load_again(0), ==, 5);
}

/* Records that cannot be used had a job, too. What is no record has none. */
static void
test_set_aside(void)
{
    set_up();
    job_keeper_free(begin());
    put("9.xml", "<job");
    put("99999999999.xml", "<job");
    put("77.txt", "");
    for (int record = 0; record < 2; record++)
        g_test_expect_message(G_LOG_DOMAIN, G_LOG_LEVEL_WARNING, "*.xml.corrupt*");
    g_assert_cmpuint(load_again(0), ==, 9);
    g_test_assert_expected_messages();
    drop("last-number");
    g_assert_cmpuint(load_again(0), ==, 9);
}

/* A number that cannot be noted is not given to a job. */
static void
test_cannot_note(void)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;
    JobKeeper *keeper;

    set_up();
    keeper = begin();
    g_assert_cmpuint(load(keeper, 0), ==, 0);
    path = g_build_filename(directory, "last-number", "in the way", NULL);
    g_assert_cmpint(g_mkdir_with_parents(path, 0700), ==, 0);
    error = keep(keeper, 1);
    g_assert_nonnull(error);
    g_assert_false(is_there("1.xml"));
    drop("last-number/in the way");
    drop("last-number");
    g_assert_no_error(keep(keeper, 2));
    g_assert_true(is_there("2.xml"));
    job_keeper_free(keeper);
}

/* As a second service, which would overwrite the records of the first. */
static void
test_in_use(void)
{
    g_autofree char *process = g_strdup_printf("process %d,", (int)getpid());
    g_autoptr(GError) error = NULL;
    JobKeeper *keeper;

    set_up();
    keeper = begin();
    g_assert_null(job_keeper_new(0, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_nonnull(strstr(error->message, directory));
    g_assert_nonnull(strstr(error->message, process));
    job_keeper_free(keeper);
    job_keeper_free(begin());
}

static gpointer
end_soon(gpointer keeper)
{
    g_usleep(G_USEC_PER_SEC / 5);
    job_keeper_free(keeper);

    return NULL;
}

/* As a service that is started while the one before it is still ending. */
static void
test_ending(void)
{
    g_autoptr(GError) error = NULL;
    JobKeeper *keeper;
    GThread *thread;

    set_up();
    thread = g_thread_new("ending", end_soon, begin());
    keeper = job_keeper_new(600, &error);
    g_assert_no_error(error);
    g_thread_join(thread);
    job_keeper_free(keeper);
}

int
main(int argc, char **argv)
{
    register_verbs();
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/job-keeper/gone", test_gone);
    g_test_add_func("/job-keeper/not-noted", test_not_noted);
    g_test_add_func("/job-keeper/damaged", test_damaged);
    g_test_add_func("/job-keeper/set-aside", test_set_aside);
    g_test_add_func("/job-keeper/cannot-note", test_cannot_note);
    g_test_add_func("/job-keeper/in-use", test_in_use);
    g_test_add_func("/job-keeper/ending", test_ending);

    return g_test_run();
}
