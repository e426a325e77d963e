/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gstdio.h>
#include <stdlib.h>

#include "tests/unit/harness.h"
#include "tests/unit/job-fixture.h"
#include "tests/unit/records.h"

/* Two disks on one base: base.raw counts for both. */
#define IMAGES                                                                                     \
    "qemu-img create -q -f raw base.raw 8M; qemu-io -f raw -c 'write -q -P 7 0 8M' base.raw\n"     \
    "for i in a b; do\n"                                                                           \
    "    qemu-img create -q -f qcow2 -b base.raw -F raw $i.qcow2\n"                                \
    "    qemu-io -f qcow2 -c 'write -q -P 3 0 3M' $i.qcow2\n"                                      \
    "    qemu-img create -q -f qcow2 -b $i.qcow2 -F qcow2 $i.now\n"                                \
    "done\n"

/* The present one. */
static Fixture *fixture;
static JobWorkType test_type;

static Plan *
make_plan(Fixture *f, GError **error)
{
    static const TestSnapshot a = {.name = "s",
                                   .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    static const TestSnapshot b = {.name = "s",
                                   .disks = {{"vda", "b.qcow2", "qcow2", "external"}}};
    g_autoptr(GPtrArray) records =
        g_ptr_array_new_with_free_func((GDestroyNotify)domain_record_free);
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_new();

    settings->bandwidth = f->bandwidth;
    settings->parallel = f->parallel;
    g_ptr_array_add(records, test_record("a", TRUE, "a.now", &a, 1));
    g_ptr_array_add(records, test_record("b", TRUE, "b.now", &b, 1));

    return plan_build("farm", "<collection/>", "s", settings, records, test_host(), error);
}

static gboolean
run_work(JobWork *work, JobRun *run, GError **error)
{
    Fixture *f = fixture;
    g_autoptr(Plan) plan = NULL;
    Target *target;

    job_run_hold_guests(run, f->hold);
    while (f->wait) {
        if (!control_pass(job_run_control(run), 0, error))
            return FALSE;
        g_usleep(1000);
    }
    if (f->refuse) {
        GPtrArray *warnings = g_ptr_array_new_with_free_func(g_free);

        g_ptr_array_add(warnings, g_strdup("left 'a'"));
        job_run_set_result(run, NULL, warnings);
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND, f->refuse);
        return FALSE;
    }
    plan = make_plan(f, error);
    target = plan ? target_new(f->work->place, error) : NULL;

    return target && export_work_carry_out(f->work, run, NULL, plan, target, error);
}

void
set_up(Fixture *f, gconstpointer data)
{
    g_autofree char *made = scratch_new();
    Members *members = g_new0(Members, 1);

    f->old = g_get_current_dir();
    f->dir = realpath(made, NULL);
    g_assert_cmpint(g_chdir(f->dir), ==, 0);
    g_free(run("sh", "-ec", IMAGES, NULL));
    f->out = g_build_filename(f->dir, "out", NULL);
    f->told = g_string_new(NULL);
    members->domains = g_ptr_array_new();
    f->work = export_work_new("farm", members, export_place_new(f->out, NULL, "s", TRUE),
                              virt_snap_export_settings_new());
    /* The work is that of an export, but with a run() that needs no libvirt. */
    test_type = export_work_type;
    test_type.run = run_work;
    f->work->parent.type = &test_type;
    f->job = job_new("me", &f->work->parent);
    fixture = f;
}

void
tear_down(Fixture *f, gconstpointer data)
{
    job_unref(f->job);
    job_work_unref(&f->work->parent);
    g_assert_cmpint(g_chdir(f->old), ==, 0);
    scratch_free(f->dir);
    g_free(f->old);
    g_free(f->out);
    g_string_free(f->told, TRUE);
}

static void
note(Job *job, const JobChange *change, gpointer data)
{
    Fixture *f = data;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&f->lock);

    /* A callback may call any function of the job. */
    g_assert_nonnull(job_state_name(job_get_state(job)));
    if (change->kind == JOB_CHANGE_STATE)
        g_string_append_printf(f->told, " %s", job_state_name(change->state));
    else
        g_string_append_printf(f->told, " %s:%s=%d", change->domain, change->target,
                               (int)change->status);
}

void
start_it(Fixture *f)
{
    job_set_notify(f->job, note, f);
    g_assert_true(job_start(f->job, NULL));
}

void
assert_told(Fixture *f, const char *expected)
{
    /* The last event may be reported a moment after the state has changed. */
    for (int i = 0; i < TRIES; i++) {
        G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&f->lock);

        if (g_str_equal(f->told->str, expected))
            return;
        g_clear_pointer(&locker, g_mutex_locker_free);
        g_usleep(1000);
    }
    g_assert_cmpstr(f->told->str, ==, expected);
}

void
wait_for(Fixture *f, JobState state)
{
    for (int i = 0; i < TRIES && job_get_state(f->job) != state; i++)
        g_usleep(1000);
    g_assert_cmpstr(job_state_name(job_get_state(f->job)), ==, job_state_name(state));
}

/* Waits until something is copied. */
void
wait_for_bytes(Fixture *f, guint64 bytes)
{
    for (int i = 0; i < TRIES; i++) {
        g_autoptr(JobInfo) info = job_get_info(f->job);

        if (info->figures.cur >= bytes)
            return;
        g_usleep(1000);
    }
    g_assert_not_reached();
}

void
assert_request(Fixture *f, JobRequest request, JobRequestResult result)
{
    g_assert_cmpint(job_request_state_change(f->job, request, 0), ==, result);
}

gboolean
is_there(Fixture *f, const char *name)
{
    g_autofree char *path = g_build_filename(f->out, name, NULL);

    return g_file_test(path, G_FILE_TEST_EXISTS);
}

/* The base, which has one segment, is copied before the other layers. */
void
terminate(Fixture *f)
{
    f->bandwidth = 4 * MIB;
    start_it(f);
    wait_for_bytes(f, 10 * MIB);
    assert_request(f, JOB_REQUEST_TERMINATE, JOB_RESULT_STARTED);
    g_assert_true(job_wait(f->job, g_get_monotonic_time() + 60 * SECOND));
    wait_for(f, JOB_STATE_TERMINATED);
    g_assert_true(is_there(f, "farm/.s.partial/journal"));
}
