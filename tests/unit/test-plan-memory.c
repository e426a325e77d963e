/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"

/* Memory states: to which snapshot they belong, and whether they exist. */

/* The memory is in one of the images; without that one it is lost. */
static void
test_internal_memory(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshot = {.name = "s",
                                          .state = "running",
                                          .memory = "snapshot='internal'",
                                          .disks = {{"vda", "i.qcow2", "qcow2", "internal"},
                                                    {"vdb", "j.qcow2", "qcow2", "internal"}}};

    g_free(run("cp", "i.qcow2", "j.qcow2", NULL));
    plan_write_memory_bytes("i.qcow2", 12345);
    plan_add(f, "web", FALSE, "i.qcow2", &snapshot, 1);
    for (gsize i = 0; i < 3; i++) {
        static const char *const excluded[] = {"", "web:vdb", "web:vda"};
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        if (*excluded[i])
            plan_set(f, "exclude", excluded[i]);
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        g_assert_true(plan_first_snapshot(plan, 0)->memory_kept == (i < 2));
        g_assert_cmpuint(plan->warnings->len, ==, i < 2 ? 0 : 1);
        g_clear_pointer(&f->settings, virt_snap_export_settings_free);
        f->settings = virt_snap_export_settings_new();
    }
}

/* A file that is no memory state of this domain is never exported as one. */
static void
test_memory_content(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *magic;
        const char *domain;
        const char *error; /* NULL: it is fine */
    } table[] = {
        {MEMORY_MAGIC, "web", NULL},
        {MEMORY_MAGIC, "other", "another domain"},
        {"LibvirtQemudPart", "web", "never finished"},
        {"garbage", "web", "does not begin like"},
        {"", "web", "does not begin like"},
    };
    static const TestSnapshot snapshot = {.name = "s",
                                          .state = "running",
                                          .memory = "snapshot='external' file='memory'",
                                          .disks = {{"vda", "a.qcow2", "qcow2", "external"}}};
    g_autoptr(Plan) without = NULL;

    plan_add(f, "web", TRUE, "a.now", &snapshot, 1);
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        plan_write_memory("memory", table[i].magic, table[i].domain);
        plan = plan_make(f, &error);
        if (!table[i].error) {
            g_assert_no_error(error);
            continue;
        }
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
        g_assert_nonnull(strstr(error->message, "memory"));
        g_assert_nonnull(strstr(error->message, table[i].error));
        g_assert_nonnull(strstr(error->message, "<memory>no</memory>"));
    }
    plan_set(f, "memory", "no");
    g_file_set_contents("memory", "garbage", -1, NULL);
    without = plan_make(f, NULL);
    g_assert_nonnull(without);
}

/* One file cannot be the state of two snapshots. */
static void
test_memory_twice(PlanFixture *f, gconstpointer data)
{
    static const TestSnapshot snapshots[] = {
        {.name = "s",
         .memory = "snapshot='external' file='memory'",
         .disks = {{"vda", "a.qcow2", "qcow2", "external"}}},
        {.name = "older",
         .memory = "snapshot='external' file='memory'",
         .disks = {{"vda", "plain.qcow2", "qcow2", "external"}}},
    };
    g_autoptr(GError) error = NULL;

    plan_write_memory("memory", MEMORY_MAGIC, "web");
    plan_set(f, "snapshots", "all");
    plan_add(f, "web", TRUE, "a.now", snapshots, 2);
    g_assert_null(plan_make(f, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, "'s'"));
    g_assert_nonnull(strstr(error->message, "'older'"));
}

static double
birth_of(const char *path)
{
    struct statx st;

    g_assert_cmpint(statx(AT_FDCWD, path, 0, STATX_BTIME, &st), ==, 0);

    return st.stx_mask & STATX_BTIME ? (double)st.stx_btime.tv_sec + st.stx_btime.tv_nsec / 1e9
                                     : -1;
}

/* The memory was saved before the overlays were made. */
static void
test_memory_late(PlanFixture *f, gconstpointer data)
{
    double birth = birth_of("a.now");
    const TestSnapshot snapshot = {
        .name = "s",
        .created = (gint64)birth - 1,
        .memory = "snapshot='external' file='memory'",
        .disks = {{"vda", "a.qcow2", "qcow2", "external", NULL, NULL, "a.now"}}};

    if (birth < 0) {
        g_test_skip("no birth times on this file system");
        return;
    }
    plan_write_memory("memory", MEMORY_MAGIC, "web");
    plan_add(f, "web", TRUE, "a.now", &snapshot, 1);
    for (int late = 0; late < 2; late++) {
        g_autofree char *stamp = g_strdup_printf("@%.3f", birth + (late ? 100 : -0.5));
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        g_free(run("touch", "-d", stamp, "memory", NULL));
        plan = plan_make(f, &error);
        g_assert_no_error(error);
        g_assert_cmpuint(plan->warnings->len, ==, late);
        if (late)
            g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "another state"));
    }
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {
        {"internal", test_internal_memory},
        {"content", test_memory_content},
        {"twice", test_memory_twice},
        {"late", test_memory_late},
    };

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/plan-memory", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
