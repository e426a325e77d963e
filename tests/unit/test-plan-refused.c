/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "tests/unit/plan-fixture.h"

/* --- disks that are not copied ---------------------------------------------- */

static void
test_recorded(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external"},
                  {"sda", NULL, "raw", "no", "device='cdrom'", "<readonly/>"},
                  {"sdb", "/no/such.iso", "raw", "no", "device='cdrom'", "<readonly/>"},
                  {"vdb", "/no/such", "raw", "external", NULL, "<readonly/>"},
                  {"fda", "/no/such.img", "raw", "no", "device='floppy'"},
                  {"vdc", "/no/such", "raw", "no"},
                  {"vdd", "/no/such", "raw", NULL},
                  /* An image that could not be copied does not matter then. */
                  {"vde", "/no/such", "raw", "no", "mangled='yes'", "<transient/>"}}};
    static const char *const reasons[] = {NULL,        "empty",       "read-only",  "read-only",
                                          "removable", "no-snapshot", "no-snapshot", "no-snapshot"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_add(f, "web", TRUE, "a.now", &snapshot, 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
        const PlanDisk *disk = plan_disk_of(plan, 0, i);

        g_test_message("%s", disk->def->target);
        g_assert_cmpstr(disk->recorded, ==, reasons[i]);
        g_assert_true((disk->top == NULL) == (reasons[i] != NULL));
    }
}

/* A disk that cannot be exported can be excluded, and does not matter then. */
static void
test_excluded(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external"},
                  {"vdb", "/dev/vg/x", "raw", "external", "type='block'"},
                  {"vdc", "gone.qcow2", "qcow2", "external"},
                  {"vdd", "plain.qcow2", "qcow2", "manual"}}};
    static const char *const targets[] = {"vdb", "vdc", "vdd"};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_add(f, "a:b", TRUE, "a.now", &snapshot, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(targets); i++) {
        g_autofree char *exclude = g_strdup_printf("a:b:%s", targets[i]);

        g_assert_null(plan_make(f, &error));
        g_assert_nonnull(strstr(error->message, targets[i]));
        g_clear_error(&error);
        plan_set(f, "exclude", exclude);
        plan_set(f, "exclude", exclude); /* twice is as good */
    }
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->layers->len, ==, 2);
    for (guint i = 1; i < 4; i++)
        g_assert_cmpstr(plan_disk_of(plan, 0, i)->recorded, ==, "excluded");
}

static void
test_excluded_unknown(PlanFixture *f, gconstpointer data)
{
    static const char *const unknown[] = {"a:vdb", "c:vda", "A:vda", "a:vda1"};

    plan_add_two(f);
    for (gsize i = 0; i < G_N_ELEMENTS(unknown); i++) {
        g_autoptr(GError) error = NULL;

        g_ptr_array_set_size(f->settings->exclude, 0);
        plan_set(f, "exclude", "b:vda");
        plan_set(f, "exclude", unknown[i]);
        g_assert_null(plan_make(f, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    }
}

/* A disk that is only recorded otherwise is copied when it is asked for; what cannot be copied is
 * then an error, as it is for any other disk. */
static void
test_included(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {
        .name = "s",
        .disks = {{"vda", "a.qcow2", "qcow2", "external"},
                  {"vdb", "plain.qcow2", "qcow2", "no", NULL, "<readonly/>"},
                  {"vdc", "/no/such", "raw", "no"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_add(f, "a:b", TRUE, "a.now", &snapshot, 1);
    plan_set(f, "include", "a:b:vdb");
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_null(plan_disk_of(plan, 0, 1)->recorded);
    g_assert_nonnull(plan_disk_of(plan, 0, 1)->top);
    g_assert_cmpstr(plan_disk_of(plan, 0, 2)->recorded, ==, "no-snapshot");
    plan_set(f, "include", "a:b:vdc");
    g_assert_null(plan_make(f, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    g_assert_nonnull(strstr(error->message, "vdc"));
}

static void
test_included_unknown(PlanFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    plan_add_two(f);
    plan_set(f, "include", "b:vdz");
    g_assert_null(plan_make(f, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_nonnull(strstr(error->message, "include"));
}

static void
test_no_storage(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {.name = "s",
                                          .state = "running",
                                          .memory = "snapshot='external' file='/no/such'",
                                          .disks = {{"vda", "/gone", "qcow2", "external"}}};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    plan_set(f, "storage", "no");
    plan_add(f, "web", TRUE, NULL, &snapshot, 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->layers->len, ==, 0);
    g_assert_cmpstr(plan_disk_of(plan, 0, 0)->recorded, ==, "no-storage");
    g_assert_false(plan_first_snapshot(plan, 0)->memory_kept);
    g_assert_nonnull(plan_find_file(plan, "domains/web/domain.xml"));
}

/* --- what stands in the way ------------------------------------------------- */

/* The error names the domain, the disk and @named. */
static void
assert_refused(PlanFixture *f, const TestSnapshot *snapshot, const char *present,
               const char *named, int code)
{
    g_autoptr(GError) error = NULL;

    g_ptr_array_set_size(f->records, 0);
    plan_add(f, "a domain", TRUE, present, snapshot, 1);
    g_assert_null(plan_make(f, &error));
    g_test_message("%s", error->message);
    g_assert_error(error, VIRT_SNAP_ERROR, code);
    g_assert_nonnull(strstr(error->message, "a domain"));
    g_assert_nonnull(strstr(error->message, named));
    if (snapshot->disks[0].target)
        g_assert_nonnull(strstr(error->message, "vdx"));
}

static void
test_refused(PlanFixture *f, gconstpointer data)
{
    static const struct {
        TestSnapshot snapshot;
        const char *present;
        const char *named;
        int code;
    } table[] = {
        {{.name = "s", .disks = {{"vdx", "gone.qcow2", "qcow2", "external"}}}, NULL, "gone.qcow2",
         VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s", .disks = {{"vdx", "/dev/x", "raw", "external", "type='block'"}}}, NULL,
         "/dev/x", VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s", .disks = {{"vdx", "a.qcow2", "qcow2", "external", "type='block'"}}}, NULL,
         "type='block'", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "x", "raw", "external", "type='network'"}}}, NULL,
         "network", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "plain.qcow2", "qcow2", "manual"}}}, NULL, "manual",
         VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "plain.qcow2", NULL, "external"}}}, NULL, "plain.qcow2",
         VIRT_SNAP_ERROR_INVALID_STATE},
        {{.name = "s", .disks = {{"vdx", "plain.qcow2", "vmdk", "external"}}}, NULL, "vmdk",
         VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "base.raw", "qcow2", "external"}}}, NULL, "base.raw",
         VIRT_SNAP_ERROR_CORRUPT},
        {{.name = "s", .disks = {{"vdx", "a.qcow2", "qcow2", "external", NULL, "<transient/>"}}},
         NULL, "transient", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .disks = {{"vdx", "a.qcow2", "qcow2", "external", "mangled='yes'"}}}, NULL,
         "@mangled", VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s",
          .disks = {{"vdx", "a.qcow2", "qcow2", "external", NULL,
                     "<backingStore type='block'><format type='raw'/><source dev='/dev/vg/b'/>"
                     "</backingStore>"}}},
         NULL, "/dev/vg/b", VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s",
          .disks = {{"vdx", "a.qcow2", "qcow2", "external", NULL,
                     "<backingStore type='file'><format type='raw'/><source file='gone.raw'/>"
                     "</backingStore>"}}},
         NULL, "gone.raw", VIRT_SNAP_ERROR_NOT_FOUND},
        /* The overlay was merged back, so the frozen layer is written to again. */
        {{.name = "s", .disks = {{"vdx", "a.qcow2", "qcow2", "external"}}}, "./a.qcow2", "a.qcow2",
         VIRT_SNAP_ERROR_INVALID_STATE},
        {{.name = "t", .disks = {{"vdx", "i.qcow2", "qcow2", "internal"}}}, NULL, "'t'",
         VIRT_SNAP_ERROR_NOT_FOUND},
        {{.name = "s", .memory = "snapshot='external' file='no-memory'"}, NULL, "no-memory",
         VIRT_SNAP_ERROR_NOT_FOUND},
        /* Opening a tape or a watchdog would start it. */
        {{.name = "s", .memory = "snapshot='external' file='/dev/zero'"}, NULL, "/dev/zero",
         VIRT_SNAP_ERROR_NOT_SUPPORTED},
        {{.name = "s", .domain = "<os><nvram>no-nvram</nvram></os>"}, NULL, "no-nvram",
         VIRT_SNAP_ERROR_NOT_FOUND},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++)
        assert_refused(f, &table[i].snapshot, table[i].present, table[i].named, table[i].code);
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {
        {"recorded", test_recorded},
        {"excluded", test_excluded},
        {"excluded-unknown", test_excluded_unknown},
        {"included", test_included},
        {"included-unknown", test_included_unknown},
        {"no-storage", test_no_storage},
        {"refused", test_refused},
    };

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/plan-refused", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
