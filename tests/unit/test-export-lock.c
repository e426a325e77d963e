/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/export-lock.h"
#include "archive/manifest.h"
#include "archive/verify.h"
#include "import/import-source.h"
#include "tests/unit/harness.h"
#include "util/fd.h"

/* Whoever reads an export keeps others from removing it, and the reverse. */

typedef struct {
    char *scratch;
    char *path;
    int dirfd;
} Fixture;

static void
set_up(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *manifest = NULL;

    f->scratch = scratch_new();
    f->path = g_build_filename(f->scratch, "snap1", NULL);
    g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
    manifest = g_build_filename(f->path, MANIFEST_FILE, NULL);
    write_file(manifest, "<manifest/>", -1);
    f->dirfd = open(f->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_assert_cmpint(f->dirfd, >=, 0);
}

static void
tear_down(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    fd_clear(&f->dirfd);
    g_free(f->path);
    scratch_free(f->scratch);
}

/* This is the name that an export gets when its removal begins. */
static char *
begin_removal(Fixture *f)
{
    char *pruned = g_build_filename(f->scratch, ".snap1" EXPORT_PRUNED, NULL);

    g_assert_cmpint(g_rename(f->path, pruned), ==, 0);

    return pruned;
}

static void
assert_read_fails(int dirfd, const char *path, VirtSnapError code)
{
    g_autoptr(GError) error = NULL;
    auto_fd lock = export_lock_read(dirfd, path, &error);

    g_assert_cmpint(lock, ==, -1);
    g_assert_error(error, VIRT_SNAP_ERROR, (gint)code);
}

static void
assert_remove_fails(int dirfd, const char *path, VirtSnapError code)
{
    g_autoptr(GError) error = NULL;
    auto_fd lock = export_lock_remove(dirfd, path, &error);

    g_assert_cmpint(lock, ==, -1);
    g_assert_error(error, VIRT_SNAP_ERROR, (gint)code);
}

static void
test_readers(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    auto_fd one = export_lock_read(f->dirfd, f->path, &error);
    auto_fd two = export_lock_read(f->dirfd, f->path, &error);
    auto_fd alone = -1;

    g_assert_no_error(error);
    g_assert_true(one >= 0 && two >= 0);
    assert_remove_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_IN_USE);
    fd_clear(&one);
    assert_remove_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_IN_USE);
    fd_clear(&two);
    alone = export_lock_remove(f->dirfd, f->path, &error);
    g_assert_no_error(error);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_IN_USE);
    assert_remove_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_IN_USE);
}

/* A process opened the directory before, and gets the lock only when it is free again. */
static void
test_renamed(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *pruned = begin_removal(f);
    auto_fd alone = -1;

    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_INVALID_STATE);
    assert_read_fails(f->dirfd, pruned, VIRT_SNAP_ERROR_INVALID_STATE);
    assert_remove_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_NOT_FOUND);
    alone = export_lock_remove(f->dirfd, pruned, &error);
    g_assert_no_error(error);
}

/* The export's own name counts, not that of a link to it. */
static void
test_link(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *pruned = begin_removal(f);

    g_assert_cmpint(symlink(pruned, f->path), ==, 0);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_INVALID_STATE);
}

static void
test_other(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *away = g_build_filename(f->scratch, "elsewhere", NULL);

    g_assert_cmpint(g_rename(f->path, away), ==, 0);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_NOT_FOUND);
    g_assert_cmpint(g_mkdir(f->path, 0700), ==, 0);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_NOT_FOUND);
    assert_remove_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_NOT_FOUND);
}

static void
test_no_manifest(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_assert_cmpint(unlinkat(f->dirfd, MANIFEST_FILE, 0), ==, 0);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_NOT_FOUND);
    g_assert_cmpint(symlinkat("/etc/passwd", f->dirfd, MANIFEST_FILE), ==, 0);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_CORRUPT);
    g_assert_cmpint(unlinkat(f->dirfd, MANIFEST_FILE, 0), ==, 0);
    g_assert_cmpint(mkfifoat(f->dirfd, MANIFEST_FILE, 0600), ==, 0);
    assert_read_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_CORRUPT);
    assert_remove_fails(f->dirfd, f->path, VIRT_SNAP_ERROR_CORRUPT);
}

/* All commands that read an export lock it, and read none that is being removed. */
static void
test_users(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) imported = NULL;
    g_autoptr(Control) control = control_new();
    auto_fd alone = export_lock_remove(f->dirfd, f->path, &error);

    g_assert_no_error(error);
    g_assert_cmpint(alone, >=, 0);
    g_assert_null(verify_export(&(VerifyOrder){.path = f->path, .control = control}, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_assert_null(import_source_open(f->path, &imported));
    g_assert_error(imported, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
}

static void
test_users_pruned(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) imported = NULL;
    g_autoptr(Control) control = control_new();
    g_autofree char *pruned = begin_removal(f);

    g_assert_null(verify_export(&(VerifyOrder){.path = pruned, .control = control}, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
    g_assert_null(import_source_open(pruned, &imported));
    g_assert_error(imported, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE);
}

static void
test_names(void)
{
    g_assert_true(export_is_pruned(".snap1.pruned"));
    g_assert_false(export_is_pruned(".snap1.partial"));
    g_assert_false(export_is_pruned("snap1.pruned"));
    g_assert_false(export_is_pruned(".pruned"));
    g_assert_false(export_is_pruned(""));
}

#define ADD(name, test) g_test_add(name, Fixture, NULL, set_up, test, tear_down)

int
main(int argc, char *argv[])
{
    g_test_init(&argc, &argv, NULL);
    ADD("/export-lock/readers", test_readers);
    ADD("/export-lock/renamed", test_renamed);
    ADD("/export-lock/link", test_link);
    ADD("/export-lock/other", test_other);
    ADD("/export-lock/no-manifest", test_no_manifest);
    ADD("/export-lock/users", test_users);
    ADD("/export-lock/users-pruned", test_users_pruned);
    g_test_add_func("/export-lock/names", test_names);

    return g_test_run();
}
