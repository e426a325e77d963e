/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/backup-ops.h"
#include "snapshot/reference-plan.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/harness.h"

/* Reference points: of one moment, and such that cannot be made. */

#define PRESENT                                                                                    \
    "<domainsnapshot><name>p</name><state>running</state><creationTime>1</creationTime>"           \
    "<disks><disk name='vda' snapshot='live'/></disks><domain><name>%s</name>"                     \
    "<uuid>%s</uuid><devices><disk type='file' device='disk'>"                                     \
    "<driver name='qemu' type='qcow2'/><source file='/a.img'/><target dev='vda'/></disk>"          \
    "</devices></domain></domainsnapshot>"

/* The domains are "a", "b" and so on. */
static char *
uuid_of(const char *domain)
{
    return fake_uuid((guint)(domain[0] - 'a'));
}

static DomainRecord *
fake_present(Hypervisor *hypervisor, const char *domain, const char *as, gboolean secure,
             GError **error)
{
    DomainRecord *record = g_new0(DomainRecord, 1);
    SnapshotRecord *one = g_new0(SnapshotRecord, 1);

    one->name = g_strdup(as);
    record->name = g_strdup(domain);
    record->uuid = uuid_of(domain);
    one->xml = g_strdup_printf(PRESENT, domain, record->uuid);
    record->active = TRUE;
    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    g_ptr_array_add(record->snapshots, one);

    return record;
}

/* There is no such image; one that is elsewhere is believed to keep bitmaps. */
static gboolean
fake_sees_none(Hypervisor *hypervisor, const char *path, GError **error)
{
    return FALSE;
}

static GPtrArray *
fake_checkpoints(Hypervisor *hypervisor, const char *domain, GError **error)
{
    return g_ptr_array_new();
}

static gboolean
fake_no_checkpoint(Hypervisor *hypervisor, const HypervisorCheckpointRequest *request,
                   GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE, "no space for %s",
                request->domain);

    return FALSE;
}

static gboolean
fake_checkpoint(Hypervisor *hypervisor, const HypervisorCheckpointRequest *request,
                GError **error)
{
    g_autofree char *uuid = uuid_of(request->domain);

    fake_note(hypervisor, "point", uuid);

    return TRUE;
}

static const HypervisorBackupOps working_backups = {
    .checkpoints = fake_checkpoints,
    .create_checkpoint = fake_checkpoint,
};
static const HypervisorBackupOps fake_backups = {
    .checkpoints = fake_checkpoints,
    .create_checkpoint = fake_no_checkpoint,
};

/* Fails to make the reference point of one domain. */
static void
make_point(FakeDomain *domain, Control *control, GPtrArray *warnings, gboolean *left,
           GError **error)
{
    FakeHost host = {.domains = domain, .n = 1, .exclusive = TRUE};
    HypervisorOps ops = fake_ops;
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(ReferencePlan) plan = NULL;

    ops.present = fake_present;
    ops.sees = fake_sees_none;
    ops.backups = &fake_backups;
    host.parent.ops = &ops;
    g_ptr_array_add(names, (gpointer) "a");
    plan = reference_plan_create(&host.parent, names, "p", error);
    g_assert_no_error(*error);
    g_assert_false(reference_plan_make(plan, &host.parent, control, warnings, left, error));
}

static void
test_left(void)
{
    FakeDomain domain = {.name = "a", .state = DOMAIN_STATE_RUNNING, .no_resume = TRUE};
    g_autoptr(Control) control = control_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    gboolean left = TRUE;

    make_point(&domain, control, warnings, &left, &error);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE);
    g_assert_false(left);
    g_assert_true(domain.paused);
    g_assert_cmpuint(warnings->len, ==, 1);
    g_assert_nonnull(strstr(g_ptr_array_index(warnings, 0), "'a' may still be frozen or paused"));
}

/* One that is to end makes no checkpoint: that of the fake host would fail. */
static void
test_ended(void)
{
    FakeDomain domain = {.name = "a", .state = DOMAIN_STATE_RUNNING};
    g_autoptr(Control) control = control_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) error = NULL;
    gboolean left = TRUE;

    control_cancel(control);
    make_point(&domain, control, warnings, &left, &error);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED);
    g_assert_false(left);
    g_assert_false(domain.paused);
}

/* --- one moment --------------------------------------------------------------------------- */

/* Returns: the place of @call with the domain @i among @calls, which must be there once. */
static guint
place_of(char **calls, const char *call, guint i)
{
    g_autofree char *name = g_strdup_printf("%s%u", call, i);
    guint at = 0;

    g_assert_true(g_strv_contains((const char *const *)calls, name));
    while (!g_str_equal(calls[at], name))
        at++;
    for (guint k = at + 1; calls[k]; k++)
        g_assert_cmpstr(calls[k], !=, name);

    return at;
}

/* No checkpoint is made before all that run stand still, and each does until its own is there: so
 * they are of the moment at which the last one stopped. */
static void
assert_one_moment(const char *calls, guint n)
{
    g_auto(GStrv) words = g_strsplit(calls, " ", -1);

    g_test_message("%s", calls);
    for (guint i = 0; i < n; i++) {
        for (guint k = 0; k < n; k++)
            g_assert_cmpuint(place_of(words, "pause", i), <, place_of(words, "point", k));
        g_assert_cmpuint(place_of(words, "point", i), <, place_of(words, "resume", i));
    }
}

static void
test_moment(void)
{
    FakeDomain domains[] = {{.name = "a", .state = DOMAIN_STATE_RUNNING},
                            {.name = "b", .state = DOMAIN_STATE_RUNNING},
                            {.name = "c", .state = DOMAIN_STATE_RUNNING},
                            {.name = "d", .state = DOMAIN_STATE_PAUSED}};
    FakeHost host = FAKE_HOST(domains);
    HypervisorOps ops = fake_ops;
    g_autoptr(Control) control = control_new();
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autoptr(ReferencePlan) plan = NULL;
    g_autoptr(GError) error = NULL;
    gboolean left = TRUE;

    ops.present = fake_present;
    ops.sees = fake_sees_none;
    ops.backups = &working_backups;
    host.parent.ops = &ops;
    host.calls = g_string_new(NULL);
    for (guint i = 0; i < host.n; i++)
        g_ptr_array_add(names, (gpointer)domains[i].name);
    plan = reference_plan_create(&host.parent, names, "p", &error);
    g_assert_no_error(error);
    g_assert_true(reference_plan_make(plan, &host.parent, control, warnings, &left, &error));
    g_assert_false(left);
    assert_one_moment(host.calls->str, 3);
    /* Who was paused before has a checkpoint, and stays as he was. */
    g_assert_nonnull(strstr(host.calls->str, "point3 "));
    g_assert_null(strstr(host.calls->str, "resume3 "));
    g_string_free(host.calls, TRUE);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference-point/left", test_left);
    g_test_add_func("/reference-point/ended", test_ended);
    g_test_add_func("/reference-point/moment", test_moment);

    return g_test_run();
}
