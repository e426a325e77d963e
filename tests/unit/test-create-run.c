/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "collection/set-store.h"
#include "snapshot/create-run.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/harness.h"

/* A set with memory states, which take long, that has to end before they are written. */

#define MADE                                                                                       \
    "<domainsnapshot><name>s</name><state>running</state><creationTime>1</creationTime>"           \
    "<domain type='qemu'><name>d</name></domain></domainsnapshot>"

static CreatePlan *
plan_of(const FakeHost *host, const char *directory)
{
    CreatePlan *plan = g_new0(CreatePlan, 1);

    plan->settings = (CreateSettings){.level = MOMENT_PAUSE, .memory = TRUE};
    plan->record = set_record_new("c", "s");
    plan->documents = g_ptr_array_new_with_free_func(g_free);
    plan->others = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    plan->warnings = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < host->n; i++) {
        g_autofree char *uuid = fake_uuid(i);
        SetMember *member = set_record_add(plan->record, host->domains[i].name, uuid);

        member->state = g_strdup("running");
        member->kind = g_strdup("external");
        member->asked = CONSISTENCY_MEMORY;
        member->memory = g_strdup_printf("%s/%u.memory", directory, i);
        host->domains[i].memory = member->memory;
        g_ptr_array_add(plan->documents, g_strdup(MADE));
        g_ptr_array_add(plan->others, g_ptr_array_new());
    }

    return plan;
}

static int
count_saving(const FakeHost *host)
{
    int n = 0;

    for (guint i = 0; i < host->n; i++)
        n += host->domains[i].saves;

    return n;
}

/* Cancels when the memory of all that can be is being written. */
static gpointer
cancel_later(gpointer data)
{
    FakeHost *host = data;

    while (g_atomic_int_get(&host->saving) < count_saving(host))
        g_usleep(1000);
    control_cancel(host->control);

    return NULL;
}

static void
check_cancelled(FakeHost *host)
{
    g_autoptr(Control) control = control_new();
    char *directory = scratch_new();
    CreatePlan *plan = plan_of(host, directory);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;
    GThread *thread;

    g_setenv("VIRTSNAP_STATE_DIR", directory, TRUE);
    host->control = control;
    thread = g_thread_new("cancel", cancel_later, host);
    g_assert_false(create_run(&host->parent, plan, control, warnings, &error));
    g_thread_join(thread);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
    for (guint i = 0; i < host->n; i++)
        g_assert_false(host->domains[i].paused);
    records = set_store_load(NULL);
    g_assert_cmpuint(records->len, ==, 0);
    create_plan_free(plan);
    scratch_free(directory);
}

static void
test_cancelled(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING, .saves = TRUE},
                            {.name = "b", .state = DOMAIN_STATE_RUNNING, .saves = TRUE}};
    FakeHost host = FAKE_HOST(domains);

    check_cancelled(&host);
    for (guint i = 0; i < host.n; i++)
        g_assert_cmpint(domains[i].aborts, >, 0);
}

/* What another program has the domains do then goes on: after their own snapshot, and as long as
 * theirs has to wait for it. */
static void
test_anothers_job(void)
{
    FakeDomain domains[] = {
        {.name = "done", .state = DOMAIN_STATE_RUNNING},
        {.name = "waits", .state = DOMAIN_STATE_RUNNING, .waits = TRUE},
        {.name = "saves", .state = DOMAIN_STATE_RUNNING, .saves = TRUE}};
    FakeHost host = FAKE_HOST(domains);

    check_cancelled(&host);
    g_assert_cmpint(domains[0].aborts, ==, 0);
    g_assert_cmpint(domains[1].aborts, ==, 0);
    g_assert_cmpint(domains[2].aborts, >, 0);
}

/* Nothing is begun any more then. */
static void
test_cancelled_before(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING, .saves = TRUE}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(Control) control = control_new();
    char *directory = scratch_new();
    CreatePlan *plan = plan_of(&host, directory);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;

    g_setenv("VIRTSNAP_STATE_DIR", directory, TRUE);
    control_cancel(control);
    g_assert_false(create_run(&host.parent, plan, control, warnings, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
    g_assert_cmpint(host.saving, ==, 0);
    create_plan_free(plan);
    scratch_free(directory);
}

/* A member is undefined between the plan and its moment: nothing is begun, no other stands still,
 * and no record is left of a set of which nothing is there. */
static void
test_undefined(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                            {.name = "b", .state = DOMAIN_STATE_RUNNING, .leaves = 1}};
    FakeHost host = FAKE_HOST(domains);
    g_autoptr(Control) control = control_new();
    char *directory = scratch_new();
    CreatePlan *plan = plan_of(&host, directory);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) records = NULL;
    g_autoptr(GError) error = NULL;

    g_setenv("VIRTSNAP_STATE_DIR", directory, TRUE);
    g_assert_false(create_run(&host.parent, plan, control, warnings, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "'b'"));
    g_assert_cmpint(host.saving, ==, 0);
    g_assert_false(domains[0].paused);
    records = set_store_load(NULL);
    g_assert_cmpuint(records->len, ==, 0);
    create_plan_free(plan);
    scratch_free(directory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/create-run/cancelled", test_cancelled);
    g_test_add_func("/create-run/anothers-job", test_anothers_job);
    g_test_add_func("/create-run/cancelled-before", test_cancelled_before);
    g_test_add_func("/create-run/undefined", test_undefined);

    return g_test_run();
}
