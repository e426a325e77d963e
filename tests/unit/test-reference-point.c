/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "hypervisor/backup-ops.h"
#include "snapshot/reference-plan.h"
#include "tests/unit/fake-host.h"
#include "tests/unit/harness.h"

/* A reference point that cannot be made, of a domain that cannot be resumed then. */

#define PRESENT                                                                                    \
    "<domainsnapshot><name>p</name><state>running</state><creationTime>1</creationTime>"           \
    "<disks><disk name='vda' snapshot='live'/></disks><domain><name>a</name>"                      \
    "<uuid>00000000-0000-4000-8000-000000000000</uuid><devices><disk type='file' device='disk'>"   \
    "<driver name='qemu' type='qcow2'/><source file='/a.img'/><target dev='vda'/></disk>"          \
    "</devices></domain></domainsnapshot>"

static DomainRecord *
fake_present(Hypervisor *hypervisor, const char *domain, const char *as, gboolean secure,
             GError **error)
{
    DomainRecord *record = g_new0(DomainRecord, 1);
    SnapshotRecord *one = g_new0(SnapshotRecord, 1);

    one->name = g_strdup(as);
    one->xml = g_strdup(PRESENT);
    record->name = g_strdup(domain);
    record->uuid = fake_uuid(0);
    record->active = TRUE;
    record->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_record_free);
    g_ptr_array_add(record->snapshots, one);

    return record;
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

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/reference-point/left", test_left);
    g_test_add_func("/reference-point/ended", test_ended);

    return g_test_run();
}
