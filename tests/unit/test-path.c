/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "archive/target.h"
#include "tests/unit/target-fixture.h"
#include "util/path.h"

/* Each path is named from the working directory, which has "dir" with "dir/below", "link" that
 * leads to "dir/below", "dead" that leads nowhere, and "file". */
static const struct {
    const char *named;
    const char *canonical; /* below the working directory */
} names[] = {
    {"x", "/x"},
    {"./x", "/x"},
    {"x/", "/x"},
    {"x//y///", "/x/y"},
    {"x/./y/.", "/x/y"},
    {".", ""},
    {"./", ""},
    {"dir/..", ""},
    {"dir/../x", "/x"},
    {"dir/below/../../x", "/x"},
    {"...", "/..."},
    /* Links stay, as long as they are not left again. */
    {"link", "/link"},
    {"link/", "/link"},
    {"link/x", "/link/x"},
    /* The kernel goes from "link/.." to the directory above what the link leads to. */
    {"link/..", "/dir"},
    {"link/../x", "/dir/x"},
    {"link/x/../../y", "/dir/y"},
    {"link/../../x", "/x"},
    /* The kernel would find nothing here, so the words say where it is. */
    {"none/../x", "/x"},
    {"none/below/../x", "/none/x"},
    {"dead/../x", "/x"},
    {"file/../x", "/x"},
};

static void
set_up(TargetFixture *f, gconstpointer data)
{
    target_set_up(f, data);
    target_sh(f, "mkdir -p dir/below; ln -s dir/below link; ln -s nowhere/at/all dead; touch file");
    g_assert_cmpint(chdir(f->dir), ==, 0);
}

static void
tear_down(TargetFixture *f, gconstpointer data)
{
    g_assert_cmpint(chdir("/"), ==, 0);
    target_tear_down(f, data);
}

static void
test_canonical(TargetFixture *f, gconstpointer data)
{
    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autofree char *absolute = g_strdup_printf("%s/%s", f->dir, names[i].named);
        g_autofree char *wanted = g_strconcat(f->dir, names[i].canonical, NULL);
        g_autofree char *relative = path_canonical(names[i].named);
        g_autofree char *path = path_canonical(absolute);
        g_autofree char *again = path_canonical(path);

        g_assert_cmpstr(relative, ==, wanted);
        g_assert_cmpstr(path, ==, wanted);
        g_assert_cmpstr(again, ==, wanted);
    }
}

static void
test_root(void)
{
    static const char *const words[][2] = {
        {"/", "/"}, {"//", "/"}, {"/..", "/"}, {"/../..", "/"}, {"/../x", "/x"}, {"", ""},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
        g_autofree char *path = path_canonical(words[i][0]);

        g_assert_cmpstr(path, ==, words[i][1]);
    }
}

/* However a directory is named, the export goes to the place that the kernel finds there. */
static void
test_targets(TargetFixture *f, gconstpointer data)
{
    static const char *const named[] = {"to", "to/", "./dir/../to", "link/../../to//"};

    for (gsize i = 0; i < G_N_ELEMENTS(named); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(ExportPlace) place = export_place_new(named[i], "a/b", "s", TRUE);
        g_autoptr(ExportPlace) copy = export_place_copy(place);
        g_autoptr(Target) target = target_new(copy, &error);
        g_autofree char *path = export_place_path(copy);
        g_autofree char *parent = export_place_parent(place);
        g_autofree char *wanted = g_build_filename(f->to, "a%2Fb", "s", NULL);

        g_assert_no_error(error);
        g_assert_cmpstr(place->directory, ==, f->to);
        g_assert_cmpstr(path, ==, wanted);
        g_assert_cmpstr(target_path(target), ==, wanted);
        g_assert_true(g_str_has_prefix(wanted, parent) && g_str_has_suffix(parent, "/a%2Fb"));
    }
}

static void
test_straight(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ExportPlace) place = export_place_new("link/../to/", "n", "s", FALSE);
    g_autoptr(Target) target = target_new(place, &error);
    g_autofree char *path = export_place_path(place);
    g_autofree char *parent = export_place_parent(place);
    g_autofree char *above = g_build_filename(f->dir, "dir", NULL);

    g_assert_no_error(error);
    g_assert_cmpstr(parent, ==, above);
    g_assert_cmpstr(path, ==, target_path(target));
    g_assert_true(g_str_has_suffix(path, "/dir/to"));
}

/* An empty path is refused, and does not mean the working directory. */
static void
test_empty(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(ExportPlace) place = export_place_new("", "n", "s", TRUE);

    g_assert_null(target_new(place, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
}

static void
test_paths(void)
{
    static const char *const bad[] = {"/a\xff", "/a\001", "/\xef\xbf\xbf", "/\xef\xbf\xbe/b"};

    g_assert_true(path_check("/a b/ñ\n\t", NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(path_check(bad[i], &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

static void
test_plain(void)
{
    g_autofree char *longest = g_strnfill(PATH_MAX, 'a');
    g_autofree char *too_long = g_strconcat("/", longest, NULL);
    const char *const good[] = {"/", "/a", "//a/./b/", "/a b/ñ", "/..a/b..", "/..."};
    const char *const bad[] = {"",      "a",     "./a",  "/..",  "/a/..", "/../a",
                               "/a/../b", "/a\n", "/a\tb", "/a\xff", too_long};

    for (gsize i = 0; i < G_N_ELEMENTS(good); i++)
        g_assert_true(path_check_plain(good[i], NULL));
    for (gsize i = 0; i < G_N_ELEMENTS(bad); i++) {
        g_autoptr(GError) error = NULL;

        g_assert_false(path_check_plain(bad[i], &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
        g_assert_true(g_utf8_validate(error->message, -1, NULL));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add("/path/canonical", TargetFixture, NULL, set_up, test_canonical, tear_down);
    g_test_add_func("/path/root", test_root);
    g_test_add("/path/targets", TargetFixture, NULL, set_up, test_targets, tear_down);
    g_test_add("/path/straight", TargetFixture, NULL, set_up, test_straight, tear_down);
    g_test_add("/path/empty", TargetFixture, NULL, set_up, test_empty, tear_down);
    g_test_add_func("/path/check", test_paths);
    g_test_add_func("/path/plain", test_plain);

    return g_test_run();
}
