/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "archive/target.h"
#include "tests/unit/harness.h"
#include "tests/unit/records.h"
#include "tests/unit/target-fixture.h"
#include "util/fd.h"

/* --- what an earlier run left ----------------------------------------------------- */

static Target *
begin_again(TargetFixture *f)
{
    g_autoptr(GError) error = NULL;
    Target *target = target_at(f->to, "coll", "snap", TRUE, &error);

    g_assert_no_error(error);
    g_assert_true(target_begin(target, TRUE, &error));
    g_assert_no_error(error);

    return target;
}

static void
test_left(TargetFixture *f, gconstpointer data)
{
    static const char *left = "./to\n./to/coll\n./to/coll/.snap.partial\n"
                              "./to/coll/.snap.partial/a\n./to/coll/.snap.partial/journal\n";
    Target *target = target_begin_new(f, "snap", TRUE);

    g_assert_true(target_has_left(target));
    target_put(target, "a");
    target_keep(target);
    target_free(target);
    /* Whatever the one who goes on with it meets. */
    target_free(begin_again(f));
    target_assert_listing(f, left);
    /* The process was killed while it wrote the entry anew. */
    target_sh(f, "mv to/coll/.snap.partial/a to/coll/.snap.partial/a.rewritten");
    target = begin_again(f);
    target_assert_listing(f, left);
    target_drop(target);
    target_set_made(target, 2);
    target_free(target);
    target_assert_listing(f, "");
    /* What was not there before is one's own. */
    target = begin_again(f);
    target_free(target);
    target_assert_listing(f, "");
}

/* What an import has left is none of an export's, which would remove or resume it, and the other
 * way round. What has not begun its journal is anybody's. */
static void
test_other_kind(TargetFixture *f, gconstpointer data)
{
    static const struct {
        const char *journal;
        gboolean import;
        gboolean begins;
    } rows[] = {
        {"virtsnap import 1 seal", FALSE, FALSE}, {"virtsnap import 1 seal", TRUE, TRUE},
        {"virtsnap-journal 1", TRUE, FALSE},      {"virtsnap-journal 1", FALSE, TRUE},
        {"", TRUE, TRUE},                         {"", FALSE, TRUE},
    };

    for (gsize i = 0; i < 2 * G_N_ELEMENTS(rows); i++) {
        gboolean resume = i >= G_N_ELEMENTS(rows);
        const char *journal = rows[i % G_N_ELEMENTS(rows)].journal;
        g_autofree char *script =
            g_strdup_printf("p=to/coll/.snap.partial; mkdir -p $p; printf '%s' >$p/journal; "
                            "echo x >$p/a", journal);
        g_autoptr(GError) error = NULL;
        Target *target = target_at(f->to, "coll", "snap", TRUE, &error);

        target_sh(f, script);
        if (rows[i % G_N_ELEMENTS(rows)].import)
            target_set_import(target);
        g_assert_cmpint(target_begin(target, resume, &error), ==,
                        rows[i % G_N_ELEMENTS(rows)].begins);
        target_free(target);
        if (rows[i % G_N_ELEMENTS(rows)].begins)
            continue;
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
        g_assert_nonnull(strstr(error->message, "/coll/.snap.partial'"));
        target_sh(f, "test -e to/coll/.snap.partial/a");
    }
}

/* --- renamed while it is under way ------------------------------------------------ */

static void
test_renamed(TargetFixture *f, gconstpointer data)
{
    static const struct {
        const char *script;
        const char *path;
    } table[] = {
        {":", "to/coll/snap"},
        {"mv to elsewhere", "elsewhere/coll/snap"},
        {"mv to/coll to/other", "to/other/snap"},
        {"mv to/coll to/other; mkdir to/coll", "to/other/snap"},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Target) target = target_begin_new(f, "snap", TRUE);
        g_autofree char *asked = g_strdup(target_path(target));
        g_autofree char *path = g_build_filename(f->dir, table[i].path, NULL);

        g_test_message("%s", table[i].script);
        target_put(target, "a");
        target_sh(f, table[i].script);
        g_assert_true(target_commit(target, &error));
        g_assert_no_error(error);
        g_assert_cmpstr(target_path(target), ==, path);
        g_assert_true(g_file_test(path, G_FILE_TEST_IS_DIR));
        g_assert_cmpstr(target_moved_from(target), ==, i > 0 ? asked : NULL);
        target_sh(f, "rm -rf to elsewhere");
    }
}

static void
test_removed(TargetFixture *f, gconstpointer data)
{
    static const char *const scripts[] = {
        "rm -rf to",
        "rm -rf to/coll",
        "mv to/coll/.snap.partial to/mine",
        "mv to/coll/.snap.partial to/mine; mkdir to/coll/.snap.partial",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(GError) error = NULL;
        Target *target = target_begin_new(f, "snap", TRUE);

        g_test_message("%s", scripts[i]);
        target_put(target, "a");
        target_sh(f, scripts[i]);
        g_assert_false(target_commit(target, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
        target_free(target);
        target_sh(f, "test ! -e to/coll/snap; rm -rf to");
    }
}

static void
test_place(TargetFixture *f, gconstpointer data)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *below = g_build_filename(here, "y", "z", NULL);
    g_autoptr(ExportPlace) place = export_place_new("x/..//y/./z/", NULL, "s", FALSE);
    g_autoptr(ExportPlace) copy = NULL;

    g_assert_cmpstr(place->directory, ==, below);
    export_place_take_name(place, g_strdup("n"));
    copy = export_place_copy(place);
    g_assert_cmpstr(copy->directory, ==, below);
    g_assert_cmpstr(copy->name, ==, "n");
    g_assert_cmpstr(copy->snapshot, ==, "s");
    g_assert_false(copy->subdirectory);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/target-again/place", TargetFixture, NULL, target_set_up, test_place,
               target_tear_down);
    g_test_add("/target-again/left", TargetFixture, NULL, target_set_up, test_left,
               target_tear_down);
    g_test_add("/target-again/other-kind", TargetFixture, NULL, target_set_up, test_other_kind,
               target_tear_down);
    g_test_add("/target-again/renamed", TargetFixture, NULL, target_set_up, test_renamed,
               target_tear_down);
    g_test_add("/target-again/removed", TargetFixture, NULL, target_set_up, test_removed,
               target_tear_down);

    return g_test_run();
}
