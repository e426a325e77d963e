/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/target.h"
#include "tests/unit/harness.h"
#include "tests/unit/records.h"
#include "tests/unit/target-fixture.h"
#include "util/fd.h"

/* The user and group nobody have this number by convention. */
#define NOBODY 65534

/* --- the usual way ---------------------------------------------------------- */

static void
test_commit(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_at(f->to, "coll", "snap", TRUE, &error);
    g_autofree char *path = g_build_filename(f->to, "coll", "snap", NULL);
    struct stat st;

    g_assert_no_error(error);
    /* Nothing is changed before it begins. */
    target_assert_listing(f, "");
    g_assert_cmpstr(target_path(target), ==, path);
    g_assert_true(target_begin(target, FALSE, &error));
    target_put(target, "manifest.xml");
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/.snap.partial\n"
                             "./to/coll/.snap.partial/journal\n"
                             "./to/coll/.snap.partial/manifest.xml\n");
    g_assert_cmpint(fstat(target_fd(target), &st), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0700);
    g_assert_true(target_commit(target, &error));
    g_assert_no_error(error);
    g_clear_pointer(&target, target_free);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/snap\n./to/coll/snap/manifest.xml\n");
    g_assert_cmpint(stat(path, &st), ==, 0);
    g_assert_cmpint(st.st_mode & 07777, ==, 0700);
}

/* The directory accepts other exports, and each export only once. */
static void
test_again(TargetFixture *f, gconstpointer data)
{
    static const char *const names[] = {"one", "two"};
    g_autoptr(GError) error = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(Target) target = target_begin_new(f, names[i], TRUE);

        g_assert_true(target_commit(target, &error));
    }
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/one\n./to/coll/two\n");
    g_assert_null(target_at(f->to, "coll", "one", TRUE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_assert_nonnull(strstr(error->message, "to/coll/one"));
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/one\n./to/coll/two\n");
}

/* A place whose directory is deep below what is there is looked at without making any of it. */
static void
test_deep(TargetFixture *f, gconstpointer data)
{
    g_autofree char *directory = g_build_filename(f->to, "a", "b", NULL);
    g_autoptr(ExportPlace) place = export_place_new(directory, "coll", "snap", TRUE);
    g_autoptr(Target) target = NULL;
    g_autoptr(GError) error = NULL;
    TargetSpace space;

    g_assert_null(target_new(place, &error));
    g_clear_error(&error);
    place->deep = TRUE;
    target = target_new(place, &error);
    g_assert_no_error(error);
    g_assert_true(target_space(target, &space, &error));
    g_assert_false(target_has_left(target));
    target_assert_listing(f, "");
    g_assert_true(target_begin(target, FALSE, &error));
    g_assert_true(target_commit(target, &error));
    g_assert_no_error(error);
    g_clear_pointer(&target, target_free);
    target_assert_listing(f, "./to\n./to/a\n./to/a/b\n./to/a/b/coll\n./to/a/b/coll/snap\n");
}

/* Without a commit nothing is left, not even the directories that were made on the way. */
static void
test_free(TargetFixture *f, gconstpointer data)
{
    Target *target = target_begin_new(f, "snap", TRUE);

    target_put(target, "a");
    g_assert_cmpint(mkdirat(target_fd(target), "d", 0700), ==, 0);
    target_free(target);
    target_assert_listing(f, "");
    /* What was there before stays. */
    target_sh(f, "mkdir -p to/coll");
    target = target_begin_new(f, "snap", TRUE);
    target_free(target);
    target_assert_listing(f, "./to\n./to/coll\n");
}

static void
test_keep(TargetFixture *f, gconstpointer data)
{
    Target *target = target_begin_new(f, "snap", TRUE);

    target_put(target, "a");
    target_keep(target);
    target_free(target);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/.snap.partial\n./to/coll/.snap.partial/a\n"
                             "./to/coll/.snap.partial/journal\n");
    /* The next one starts with an empty directory. */
    target = target_begin_new(f, "snap", TRUE);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/.snap.partial\n"
                             "./to/coll/.snap.partial/journal\n");
    target_free(target);
}

/* --- straight into the directory -------------------------------------------- */

static void
test_no_subdirectory(TargetFixture *f, gconstpointer data)
{
    static const char *const scripts[] = {":", "mkdir to", "mkdir -m 755 to"};

    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(GError) error = NULL;
        Target *target;

        target_sh(f, "rm -rf to");
        target_sh(f, scripts[i]);
        target = target_begin_new(f, "snap", FALSE);
        g_assert_cmpstr(target_path(target), ==, f->to);
        target_put(target, "a");
        g_assert_true(target_commit(target, &error));
        g_assert_no_error(error);
        target_free(target);
        target_assert_listing(f, "./to\n./to/a\n");
    }
}

/* An empty directory that is not empty any more when the export is done. */
static void
test_filled_meanwhile(TargetFixture *f, gconstpointer data)
{
    static const char *const fills[] = {"touch to/foreign", "rmdir to; touch to"};

    for (gsize i = 0; i < G_N_ELEMENTS(fills); i++) {
        g_autoptr(GError) error = NULL;
        Target *target;

        target_sh(f, "rm -rf to; mkdir to");
        target = target_begin_new(f, "snap", FALSE);
        target_put(target, "a");
        target_sh(f, fills[i]);
        g_assert_false(target_commit(target, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
        target_free(target);
        target_assert_listing(f, i == 0 ? "./to\n./to/foreign\n" : "./to\n");
    }
}

/* The final name that somebody else took meanwhile stays theirs. */
static void
test_taken_meanwhile(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Target *target = target_begin_new(f, "snap", TRUE);

    target_sh(f, "mkdir to/coll/snap");
    g_assert_false(target_commit(target, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    target_free(target);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/snap\n");
}

/* --- refused before anything is touched -------------------------------------- */

static void
test_refused(TargetFixture *f, gconstpointer data)
{
    static const struct {
        const char *script;
        const char *directory; /* below the scratch directory, or as it is if "=" is before it */
        gboolean subdirectory;
        int code;
    } table[] = {
        {":", "=", TRUE, VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {":", "no/such", TRUE, VIRT_SNAP_ERROR_NOT_FOUND},
        {":", "no/such", FALSE, VIRT_SNAP_ERROR_NOT_FOUND},
        {"touch to", "to", TRUE, VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {"touch to", "to", FALSE, VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {"mkdir to; touch to/coll", "to", TRUE, VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {"mkdir -p to/coll/snap", "to", TRUE, VIRT_SNAP_ERROR_ALREADY_EXISTS},
        {"mkdir -p to/coll; touch to/coll/snap", "to", TRUE, VIRT_SNAP_ERROR_ALREADY_EXISTS},
        {"mkdir -p to/coll; ln -s nowhere to/coll/snap", "to", TRUE,
         VIRT_SNAP_ERROR_ALREADY_EXISTS},
        {"mkdir to; touch to/.hidden", "to", FALSE, VIRT_SNAP_ERROR_ALREADY_EXISTS},
        {"ln -s nowhere to", "to", TRUE, VIRT_SNAP_ERROR_NOT_FOUND},
        {":", "=/dev/null", TRUE, VIRT_SNAP_ERROR_INVALID_PARAMETER},
        {":", "=/", FALSE, VIRT_SNAP_ERROR_ALREADY_EXISTS},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(table); i++) {
        g_autofree char *below = g_build_filename(f->dir, table[i].directory, NULL);
        const char *directory = *table[i].directory == '=' ? table[i].directory + 1 : below;
        g_autofree char *before = NULL;
        g_autofree char *after = NULL;
        g_autoptr(GError) error = NULL;
        Target *target;

        g_test_message("%s, %s", table[i].script, table[i].directory);
        target_sh(f, "rm -rf to");
        target_sh(f, table[i].script);
        before = target_listing(f);
        target = target_at(directory, "coll", "snap", table[i].subdirectory, &error);
        g_assert_null(target);
        g_assert_error(error, VIRT_SNAP_ERROR, table[i].code);
        after = target_listing(f);
        g_assert_cmpstr(after, ==, before);
    }
}

static void
test_mount_point(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = NULL;

    target_sh(f, "mkdir to");
    if (run_status("mount", "-t", "tmpfs", "none", f->to, NULL) != 0) {
        g_test_skip("nothing can be mounted here");
        return;
    }
    target = target_at(f->to, "coll", "snap", FALSE, &error);
    g_free(run("umount", f->to, NULL));
    g_assert_null(target);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_nonnull(strstr(error->message, "mount point"));
}

/* A directory without write permission, which for root has to be that of another user. */
static void
test_not_writable(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = NULL;
    uid_t user = geteuid();

    if (user == 0)
        g_assert_cmpint(seteuid(NOBODY), ==, 0);
    target = target_at("/usr/no-export", "coll", "snap", TRUE, &error);
    g_assert_cmpint(seteuid(user), ==, 0);
    g_assert_null(target);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_assert_nonnull(strstr(error->message, "'/usr'"));
}

/* --- names ------------------------------------------------------------------- */

static void
test_names(TargetFixture *f, gconstpointer data)
{
    g_autofree char *longest = g_strnfill(255, 'n');
    const char *const names[] = {"-- <ñ> & \"q\" 'a'", "..", ".", ".hidden", "a/b", "%2F",
                                 "x.partial", longest};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Target) target = target_at(f->to, names[i], names[i], TRUE, &error);
        g_autofree char *parent = NULL;
        g_autofree char *above = NULL;

        g_test_message("%s", names[i]);
        g_assert_no_error(error);
        g_assert_true(target_begin(target, FALSE, &error));
        g_assert_no_error(error);
        g_assert_true(target_commit(target, &error));
        g_assert_no_error(error);
        g_assert_true(g_file_test(target_path(target), G_FILE_TEST_IS_DIR));
        /* Two directories are made below the target, whatever their names are. */
        parent = g_path_get_dirname(target_path(target));
        above = g_path_get_dirname(parent);
        g_assert_cmpstr(above, ==, f->to);
    }
}

static void
test_link(TargetFixture *f, gconstpointer data)
{
    g_autofree char *link = g_build_filename(f->dir, "link", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = NULL;

    target_sh(f, "mkdir to; ln -s to link");
    target = target_at(link, "coll", "snap", TRUE, &error);
    g_assert_no_error(error);
    g_assert_true(target_begin(target, FALSE, &error));
    g_assert_true(target_commit(target, &error));
    target_assert_listing(f, "./link\n./to\n./to/coll\n./to/coll/snap\n");
}

/* --- two at once, and one that was killed ------------------------------------ */

static void
test_in_use(TargetFixture *f, gconstpointer data)
{
    static const gboolean subdirectory[] = {TRUE, FALSE};

    for (gsize i = 0; i < G_N_ELEMENTS(subdirectory); i++) {
        g_autoptr(GError) error = NULL;
        Target *one = target_begin_new(f, "snap", subdirectory[i]);
        Target *two = target_at(f->to, "coll", "snap", subdirectory[i], &error);
        g_autofree char *before = NULL;
        g_autofree char *after = NULL;

        target_put(one, "a");
        before = target_listing(f);
        g_assert_no_error(error);
        g_assert_false(target_begin(two, FALSE, &error));
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
        target_free(two);
        after = target_listing(f);
        g_assert_cmpstr(after, ==, before);
        g_clear_error(&error);
        g_assert_true(target_commit(one, &error));
        target_free(one);
        target_sh(f, "rm -rf to");
    }
}

/* In the last moments of a commit the journal is gone, and the name still the old one. */
static void
test_in_use_at_the_end(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Target *one = target_begin_new(f, "snap", TRUE);
    Target *two = target_at(f->to, "coll", "snap", TRUE, &error);

    target_put(one, "a");
    /* A second one that opened the place before would then make a journal of its own. */
    g_assert_cmpint(unlinkat(target_fd(one), "journal", 0), ==, 0);
    g_assert_false(target_begin(two, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    target_free(two);
    /* Nor did it leave anything in what is about to be the export. */
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/.snap.partial\n"
                             "./to/coll/.snap.partial/a\n");
    target_free(one);
}

/* Two processes both saw a free place: the second one finds it taken. */
static void
test_second(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    Target *two = target_at(f->to, "coll", "snap", TRUE, &error);
    Target *one = target_begin_new(f, "snap", TRUE);

    target_put(one, "a");
    g_assert_true(target_commit(one, &error));
    g_assert_false(target_begin(two, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    target_free(two);
    target_free(one);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/snap\n./to/coll/snap/a\n");
}

/* The other process: begins, says so, and waits to be killed. */
static int
hold(const char *directory)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_at(directory, "coll", "snap", TRUE, &error);

    if (!target || !target_begin(target, FALSE, &error) ||
        !file_create_at(target_fd(target), "half", "x", 1, &error) ||
        mkdirat(target_fd(target), "layers", 0500) < 0)
        return 1;
    printf("held\n");
    fflush(stdout);
    pause();

    return 0;
}

static void
test_killed(TargetFixture *f, gconstpointer data)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = NULL;
    char said[6] = {0};
    auto_fd out = -1;
    GPid pid = start(NULL, &out, self, "hold", f->to, NULL);

    g_assert_cmpint(read(out, said, 5), ==, 5);
    g_assert_cmpstr(said, ==, "held\n");
    target = target_at(f->to, "coll", "snap", TRUE, &error);
    g_assert_no_error(error);
    g_assert_false(target_begin(target, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_clear_error(&error);
    g_clear_pointer(&target, target_free);
    stop(pid);
    /* Under the final name there is nothing; what is left is hidden, and goes away. */
    target_sh(f, "test ! -e to/coll/snap; test -e to/coll/.snap.partial/half");
    target = target_begin_new(f, "snap", TRUE);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/.snap.partial\n"
                             "./to/coll/.snap.partial/journal\n");
    g_assert_true(target_commit(target, &error));
    g_assert_no_error(error);
}

#define RACES 100
#define RACERS 4

/* One of the racers: tries to make each of the exports. Prints how many it made. */
static int
race(const char *directory)
{
    int made = 0;

    for (int i = 0; i < RACES; i++) {
        g_autofree char *name = g_strdup_printf("%02d", i);
        g_autoptr(Target) target = target_at(directory, "coll", name, TRUE, NULL);

        if (target && target_begin(target, FALSE, NULL) &&
            file_create_at(target_fd(target), "a", "x", 1, NULL) &&
            file_create_at(target_fd(target), "b", "x", 1, NULL) && target_commit(target, NULL))
            made++;
    }
    printf("%03d\n", made);

    return 0;
}

/* Whichever process wins, each export is made once, and is complete. */
static void
test_race(TargetFixture *f, gconstpointer data)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autoptr(GString) wanted = g_string_new("./to\n./to/coll\n");
    int out[RACERS];
    GPid pids[RACERS];
    int made = 0;

    for (int i = 0; i < RACERS; i++)
        pids[i] = start(NULL, &out[i], self, "race", f->to, NULL);
    for (int i = 0; i < RACERS; i++) {
        char said[5] = {0};

        g_assert_cmpint(read(out[i], said, 4), ==, 4);
        made += atoi(said);
        close(out[i]);
        stop(pids[i]);
    }
    g_assert_cmpint(made, ==, RACES);
    for (int i = 0; i < RACES; i++)
        g_string_append_printf(wanted, "./to/coll/%02d\n./to/coll/%02d/a\n./to/coll/%02d/b\n", i,
                               i, i);
    target_assert_listing(f, wanted->str);
}

/* A file of somebody else is in the place of the partial directory. */
static void
test_strange_partial(TargetFixture *f, gconstpointer data)
{
    static const char *const scripts[] = {
        ("mkdir -p to/coll/elsewhere; touch to/coll/elsewhere/precious;"
         "ln -s elsewhere to/coll/.snap.partial"),
        "mkdir -p to/coll; touch to/coll/.snap.partial",
        "mkdir -p to/coll/.snap.partial; ln -s ../precious to/coll/.snap.partial/journal",
    };

    for (gsize i = 0; i < G_N_ELEMENTS(scripts); i++) {
        g_autoptr(GError) error = NULL;
        g_autoptr(Target) target = NULL;
        g_autofree char *before = NULL;
        g_autofree char *after = NULL;

        g_test_message("%s", scripts[i]);
        target_sh(f, "rm -rf to");
        target_sh(f, scripts[i]);
        before = target_listing(f);
        target = target_at(f->to, "coll", "snap", TRUE, &error);
        g_assert_no_error(error);
        g_assert_false(target_begin(target, FALSE, &error));
        g_assert_nonnull(error);
        g_clear_pointer(&target, target_free);
        after = target_listing(f);
        g_assert_cmpstr(after, ==, before);
    }
}

static void
test_space(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_at(f->to, "coll", "snap", TRUE, &error);
    TargetSpace space = {0};
    struct stat st;

    g_assert_true(target_space(target, &space, &error));
    g_assert_no_error(error);
    g_assert_cmpint(stat(f->dir, &st), ==, 0);
    g_assert_cmpuint(space.device, ==, st.st_dev);
    g_assert_cmpuint(space.free, >, 0);
    target_assert_listing(f, "");
}

int
main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*func)(TargetFixture *f, gconstpointer data);
    } tests[] = {
        {"commit", test_commit},
        {"again", test_again},
        {"deep", test_deep},
        {"free", test_free},
        {"keep", test_keep},
        {"no-subdirectory", test_no_subdirectory},
        {"filled-meanwhile", test_filled_meanwhile},
        {"taken-meanwhile", test_taken_meanwhile},
        {"refused", test_refused},
        {"mount-point", test_mount_point},
        {"not-writable", test_not_writable},
        {"names", test_names},
        {"link", test_link},
        {"in-use", test_in_use},
        {"in-use-at-the-end", test_in_use_at_the_end},
        {"second", test_second},
        {"killed", test_killed},
        {"race", test_race},
        {"strange-partial", test_strange_partial},
        {"space", test_space},
    };

    if (argc == 3 && g_str_equal(argv[1], "hold"))
        return hold(argv[2]);
    if (argc == 3 && g_str_equal(argv[1], "race"))
        return race(argv[2]);
    g_test_init(&argc, &argv, NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(tests); i++) {
        g_autofree char *path = g_strdup_printf("/target/%s", tests[i].name);

        g_test_add(path, TargetFixture, NULL, target_set_up, tests[i].func, target_tear_down);
    }
    return g_test_run();
}
