/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "tests/unit/harness.h"
#include "tests/unit/plan-fixture.h"

/* Layers that were written to after the snapshot that froze them. */

/* The warning of the first of @n snapshots, whose one frozen layer was written to last at
 * @written. */
static char *
warning_among(PlanFixture *f, double written, const TestSnapshot *snapshots, gsize n)
{
    g_autofree char *stamp = g_strdup_printf("@%.3f", written);
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    g_free(run("touch", "-d", stamp, "odd.raw", NULL));
    g_ptr_array_set_size(f->records, 0);
    plan_add(f, "a", TRUE, "a.now", snapshots, 1);
    plan_add_others(f, snapshots + 1, n - 1);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    /* The warning is given once, however many disks have the layer. */
    g_assert_cmpuint(plan->warnings->len, <=, 1);

    return plan->warnings->len > 0 ? g_strdup(g_ptr_array_index(plan->warnings, 0)) : NULL;
}

static TestSnapshot
frozen_snapshot(const char *name, const char *state, gint64 created, const char *overlay)
{
    return (TestSnapshot){.name = name,
                          .state = state,
                          .created = created,
                          .disks = {{.target = "vda",
                                     .path = "odd.raw",
                                     .format = "raw",
                                     .location = "external",
                                     .overlay = overlay},
                                    {"vdb", "odd.raw", "raw", "external"}}};
}

/* The warnings of a snapshot that began at @created, whose one frozen layer was written to last
 * at @written and has the overlay @overlay. */
static char *
warnings_of(PlanFixture *f, gint64 created, double written, const char *memory,
            const char *overlay)
{
    TestSnapshot late = frozen_snapshot("s", NULL, created, overlay);

    late.memory = memory;

    return warning_among(f, written, &late, 1);
}

static void
assert_warning(const char *got, const char *expected)
{
    if (!expected) {
        g_assert_cmpstr(got, ==, NULL);
        return;
    }
    g_assert_nonnull(got);
    g_assert_nonnull(strstr(got, "odd.raw"));
    g_assert_nonnull(strstr(got, expected));
}

#define SURE "was written to after the snapshot"
#define DOUBT "cannot be told"

static double
birth_of(const char *path)
{
    struct statx st;

    g_assert_cmpint(statx(AT_FDCWD, path, 0, STATX_BTIME, &st), ==, 0);

    return st.stx_mask & STATX_BTIME ? (double)st.stx_btime.tv_sec + st.stx_btime.tv_nsec / 1e9
                                     : -1;
}

/* The overlay was made when the layer was frozen: what is newer was written to. */
static void
test_written_since(PlanFixture *f, gconstpointer data)
{
    static const struct {
        double begun;   /* the snapshot, before its overlay was made */
        double written; /* the layer, after that */
        const char *warning;
    } table[] = {
        {1, -100, NULL},
        {1, 0.5, NULL},
        {1, 2.2, SURE}, /* a commit two seconds later */
        {1, 100, SURE},
        {1, 1.5, DOUBT}, /* later than QEMU usually takes to change over */
        /* A guest that writes everything back first, or an overlay that was made anew. */
        {40, -39, NULL},
        {40, -0.1, DOUBT},
        {40, 2.2, SURE},
        /* An overlay that existed before does not show when the layer was frozen. */
        {-10, 5, NULL},
        {-10, 10.5, NULL},
        {-10, 13.2, DOUBT},
        {-10, 80, SURE},
        /* Neither does one that was made later. */
        {1000, -999.5, NULL},
        {1000, -990, DOUBT},
        {1000, -100, SURE},
    };
    double birth = birth_of("a.now");

    if (birth < 0) {
        g_test_skip("no birth times on this file system");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *got = warnings_of(f, (gint64)(birth - table[i].begun),
                                           birth + table[i].written, NULL, "a.now");

        g_test_message("row %zu: %s", i, got);
        assert_warning(got, table[i].warning);
    }
}

/* Nobody writes to a layer of a domain that is shut off while its overlay is made. */
static void
test_written_off(PlanFixture *f, gconstpointer data)
{
    static const struct {
        double begun;
        double written;
        const char *warning;
    } table[] = {
        {1, -100, NULL}, {1, -0.01, NULL}, {1, 0.01, SURE}, {1, 1, SURE}, {40, -0.1, DOUBT},
        {40, 0.1, SURE},
    };
    double birth = birth_of("a.now");

    if (birth < 0) {
        g_test_skip("no birth times on this file system");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const TestSnapshot off =
            frozen_snapshot("s", "shutoff", (gint64)(birth - table[i].begun), "a.now");
        g_autofree char *got = warning_among(f, birth + table[i].written, &off, 1);

        g_test_message("row %zu: %s", i, got);
        assert_warning(got, table[i].warning);
    }
}

/* A later snapshot of the domain may have made the overlay anew, or show that the layer was on top
 * again. */
static void
test_written_tree(PlanFixture *f, gconstpointer data)
{
    static const struct {
        gint64 later;        /* the other snapshot, seconds after the first */
        const char *overlay; /* of it */
        gboolean same_layer;
        double written;      /* after the first */
        const char *warning;
    } table[] = {
        {100, "a.now", FALSE, -5, NULL},  {100, "a.now", FALSE, 1.5, NULL},
        {100, "a.now", FALSE, 2.2, DOUBT}, {100, "a.now", FALSE, 61, SURE},
        {0, "a.now", FALSE, 2.2, DOUBT},  {-100, "a.now", FALSE, 2.2, NULL},
        {100, "b.now", FALSE, 2.2, NULL}, {100, "b.now", TRUE, 2.2, SURE},
        {100, "b.now", TRUE, 1.5, SURE},  {100, "b.now", TRUE, -5, NULL},
        {-100, "b.now", TRUE, 2.2, NULL},
    };
    double birth = birth_of("a.now");
    gint64 begun = (gint64)birth - 2;

    if (birth < 0) {
        g_test_skip("no birth times on this file system");
        return;
    }
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        TestSnapshot both[2] = {
            frozen_snapshot("s", NULL, begun, "a.now"),
            frozen_snapshot("t", NULL, begun + table[i].later, table[i].overlay),
        };
        g_autofree char *got = NULL;

        for (gsize j = 0; j < 2 && !table[i].same_layer; j++)
            both[1].disks[j].path = "base.raw";
        got = warning_among(f, (double)begun + table[i].written, both, 2);
        g_test_message("row %zu: %s", i, got);
        assert_warning(got, table[i].warning);
    }
}

/* Each snapshot has its own time, and a warning names the snapshot to which it applies. */
static void
test_written_each(PlanFixture *f, gconstpointer data)
{
    const TestSnapshot both[] = {frozen_snapshot("s", NULL, 2000, NULL),
                                 frozen_snapshot("older", NULL, 1000, NULL)};
    g_autoptr(GError) error = NULL;
    g_autoptr(Plan) plan = NULL;

    g_free(run("touch", "-d", "@3000", "odd.raw", NULL));
    plan_set(f, "snapshots", "all");
    plan_add(f, "a", TRUE, "a.now", both, 2);
    plan = plan_make(f, &error);
    g_assert_no_error(error);
    g_assert_cmpuint(plan->warnings->len, ==, 2);
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), "'s'"));
    g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 1), "'older'"));
}

/* Without a birth time the snapshot's own time is what there is. */
static void
test_written_unknown(PlanFixture *f, gconstpointer data)
{
    static const struct {
        double written; /* after the snapshot */
        const char *warning;
    } table[] = {{-100, NULL}, {0, NULL}, {1.9, NULL}, {2.1, DOUBT}, {59, DOUBT}, {61, SURE}};

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        const gint64 begun = 1000000000;
        g_autofree char *gone =
            warnings_of(f, begun, begun + table[i].written, NULL, "no-such-overlay");
        g_autofree char *unsaid = warnings_of(f, begun, begun + table[i].written, NULL, NULL);

        g_test_message("row %zu: %s", i, gone);
        assert_warning(gone, table[i].warning);
        assert_warning(unsaid, table[i].warning);
    }
}

/* The memory is saved before the disks are frozen, which may take long. */
static void
test_written_memory(PlanFixture *f, gconstpointer data)
{
    static const struct {
        double written; /* after the memory was saved */
        const char *warning;
    } table[] = {{-300, NULL}, {-1, NULL}, {0.9, NULL}, {2.1, DOUBT}, {61, SURE}};
    const gint64 saved = 1000000000;

    plan_write_memory("memory", MEMORY_MAGIC, "a");
    g_free(run("touch", "-d", "@1000000000", "memory", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *got =
            warnings_of(f, saved - 500, saved + table[i].written,
                        "snapshot='external' file='memory'", NULL);

        g_test_message("row %zu: %s", i, got);
        assert_warning(got, table[i].warning);
    }
}

/* --- internal ones ---------------------------------------------------------- */

static gint64
date_of_internal(const char *image)
{
    g_autofree char *text = run("sh", "-ec",
                                "qemu-img info --output json $0 | jq '.snapshots[0][\"date-sec\"]'",
                                image, NULL);

    return g_ascii_strtoll(text, NULL, 10);
}

static Plan *
plan_of_internal(PlanFixture *f, const char *image, const char *state, gint64 created,
                 GError **error)
{
    const TestSnapshot snapshot = {.name = "s",
                                   .state = state,
                                   .created = created,
                                   .disks = {{"vda", image, "qcow2", "internal"}}};

    g_ptr_array_set_size(f->records, 0);
    plan_add(f, "a", FALSE, image, &snapshot, 1);

    return plan_make(f, error);
}

/* One that was deleted and made again is not that of the domain's snapshot. */
static void
test_internal_date(PlanFixture *f, gconstpointer data)
{
    static const struct {
        const char *state;
        int late; /* seconds after the domain's snapshot */
        gboolean refused;
        gboolean doubtful;
    } table[] = {
        {"shutoff", -2, TRUE, FALSE}, {"shutoff", 0, FALSE, FALSE}, {"shutoff", 1, FALSE, FALSE},
        {"shutoff", 2, FALSE, TRUE},  {"shutoff", 60, FALSE, TRUE}, {"shutoff", 61, TRUE, FALSE},
        {"running", 10, FALSE, FALSE}, {"running", 11, FALSE, TRUE}, {"running", 61, TRUE, FALSE},
    };
    gint64 date = date_of_internal("i.qcow2");

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan =
            plan_of_internal(f, "i.qcow2", table[i].state, date - table[i].late, &error);

        g_test_message("row %zu: %s", i, error ? error->message : "");
        if (table[i].refused) {
            g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
            g_assert_nonnull(strstr(error->message, "i.qcow2"));
            continue;
        }
        g_assert_no_error(error);
        g_assert_cmpuint(plan->warnings->len, ==, table[i].doubtful ? 1 : 0);
        if (table[i].doubtful)
            g_assert_nonnull(strstr(g_ptr_array_index(plan->warnings, 0), DOUBT));
    }
}

/* What is below the image holds the snapshot's state, too. */
static void
test_internal_below(PlanFixture *f, gconstpointer data)
{
    static const struct {
        int written; /* the base, seconds after the snapshot */
        const char *warning;
    } table[] = {{-5, NULL}, {1, NULL}, {3, SURE}, {100, SURE}};
    gint64 date;

    g_free(run("sh", "-ec", "qemu-img create -q -f qcow2 -b odd.raw -F raw top.qcow2 1M\n"
               "qemu-img snapshot -c s top.qcow2", NULL));
    date = date_of_internal("top.qcow2");
    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *stamp =
            g_strdup_printf("@%" G_GINT64_FORMAT, date + table[i].written);
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) plan = NULL;

        g_free(run("touch", "-d", stamp, "odd.raw", NULL));
        plan = plan_of_internal(f, "top.qcow2", "shutoff", date, &error);
        g_assert_no_error(error);
        g_test_message("row %zu", i);
        assert_warning(plan->warnings->len > 0 ? g_ptr_array_index(plan->warnings, 0) : NULL,
                       table[i].warning);
    }
}

static void
test_internal_twice(PlanFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    g_free(run("qemu-img", "snapshot", "-c", "s", "i.qcow2", NULL));
    g_assert_null(plan_of_internal(f, "i.qcow2", "shutoff", 0, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_nonnull(strstr(error->message, "i.qcow2"));
    g_assert_nonnull(strstr(error->message, "'s'"));
}

/* Only the image as a whole has an internal snapshot of another size. */
static void
test_internal_resized(PlanFixture *f, gconstpointer data)
{
    static const char *const resizes[] = {"+1M", "1M"};

    for (gsize i = 0; i < G_N_ELEMENTS(resizes); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Plan) kept = NULL;

        g_free(run("qemu-img", "resize", "-q", "--shrink", "i.qcow2", resizes[i], NULL));
        plan_set(f, "intent", "preserve-chain");
        kept = plan_of_internal(f, "i.qcow2", "shutoff", 0, &error);
        g_assert_no_error(error);
        plan_set(f, "intent", "merge");
        g_assert_null(plan_of_internal(f, "i.qcow2", "shutoff", 0, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED);
        g_assert_nonnull(strstr(error->message, "2097152"));
        g_assert_nonnull(strstr(error->message, i == 0 ? "3145728" : "1048576"));
    }
}

int
main(int argc, char **argv)
{
    static const PlanTest tests[] = {
        {"written-since", test_written_since},
        {"written-unknown", test_written_unknown},
        {"written-memory", test_written_memory},
        {"written-off", test_written_off},
        {"written-tree", test_written_tree},
        {"written-each", test_written_each},
        {"internal-date", test_internal_date},
        {"internal-below", test_internal_below},
        {"internal-twice", test_internal_twice},
        {"internal-resized", test_internal_resized},
    };

    g_test_init(&argc, &argv, NULL);
    plan_run_tests("/plan-frozen", tests, G_N_ELEMENTS(tests));

    return g_test_run();
}
