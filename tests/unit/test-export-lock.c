/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/export-lock.h"
#include "archive/export-protect.h"
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

/* --- protection ------------------------------------------------------------------- */

/* Replaces the manifest by one that can be read. */
static void
have_manifest(Fixture *f)
{
    g_autoptr(GPtrArray) valid = corpus("manifest/valid");
    g_autoptr(GBytes) bytes = read_file(g_ptr_array_index(valid, 0));
    g_autofree char *path = g_build_filename(f->path, MANIFEST_FILE, NULL);

    write_file(path, g_bytes_get_data(bytes, NULL), (gssize)g_bytes_get_size(bytes));
}

static char *
protect(Fixture *f)
{
    g_autoptr(GError) error = NULL;
    char *mark;

    g_assert_true(export_protect(f->path, &mark, &error));
    g_assert_no_error(error);

    return mark;
}

static void
undo_protection(Fixture *f, const char *mark)
{
    g_autoptr(GError) error = NULL;

    g_assert_true(export_protect_undo(f->path, mark, &error));
    g_assert_no_error(error);
}

static void
test_protection_undone(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *mark = NULL;
    g_autofree char *other = NULL;

    have_manifest(f);
    mark = protect(f);
    g_assert_nonnull(mark);
    undo_protection(f, mark);
    g_assert_false(export_is_protected(f->dirfd));
    undo_protection(f, mark);
    g_free(mark);
    mark = protect(f);
    other = protect(f);
    g_assert_null(other);
    undo_protection(f, mark);
    g_assert_true(export_is_protected(f->dirfd));
}

/* What the other of two processes does with a mark, as long as it has the lock. */
typedef struct {
    Fixture *f;
    char *mark; /* to be taken back; NULL: the mark is to be relied on */
    gint ended;
} Other;

static gpointer
run_other(gpointer data)
{
    Other *self = data;

    if (self->mark)
        undo_protection(self->f, self->mark);
    else
        g_free(protect(self->f));
    g_atomic_int_set(&self->ended, TRUE);

    return NULL;
}

/* Begins @other while the mark is locked, and gives it time to do what it should not do yet. */
static GThread *
begin_other(Other *other, int *fd)
{
    GThread *thread;

    *fd = openat(other->f->dirfd, PROTECTED_FILE, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(flock(*fd, LOCK_EX), ==, 0);
    thread = g_thread_new("other", run_other, other);
    for (int i = 0; i < 20 && !g_atomic_int_get(&other->ended); i++)
        g_usleep(10000);

    return thread;
}

/* One import takes its mark back, and another one wants to rely on it at the same moment. */
static void
test_relied_on_while_undone(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    Other other = {.f = f};
    auto_fd fd = -1;
    GThread *thread;

    have_manifest(f);
    g_free(protect(f));
    thread = begin_other(&other, &fd);
    g_assert_cmpint(unlinkat(f->dirfd, PROTECTED_FILE, 0), ==, 0);
    fd_clear(&fd);
    g_thread_join(thread);
    g_assert_true(export_is_protected(f->dirfd));
}

static void
test_undone_while_relied_on(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    const struct timespec then[2] = {{1000, 0}, {1000, 0}};
    Other other = {.f = f};
    auto_fd fd = -1;
    GThread *thread;

    have_manifest(f);
    other.mark = protect(f);
    thread = begin_other(&other, &fd);
    futimens(fd, then);
    fd_clear(&fd);
    g_thread_join(thread);
    g_assert_true(export_is_protected(f->dirfd));
    g_free(other.mark);
}

/* Whether that user gets as far as that. */
static gboolean
other_reads(const char *path)
{
    gboolean reads;

    g_assert_cmpint(seteuid(65534), ==, 0);
    reads = !path || faccessat(AT_FDCWD, path, R_OK | X_OK, AT_EACCESS) == 0;
    g_assert_cmpint(seteuid(0), ==, 0);

    return reads;
}

static void
protect_as_other(const char *name, gboolean done)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *mark = NULL;
    gboolean protected;

    g_assert_cmpint(seteuid(65534), ==, 0);
    protected = export_protect(name, &mark, &error);
    g_assert_cmpint(seteuid(0), ==, 0);
    g_assert_cmpint(protected, ==, done);
    if (!done)
        g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
}

/* Another user cannot keep root's import from taking its mark back, and does not rely on it before
 * that cannot happen any more. */
static void
test_protected_by_other(Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
    g_autofree char *here = g_get_current_dir();
    g_autofree char *mark = NULL;

    if (geteuid() != 0 || !other_reads(g_getenv("VIRTSNAP_SCHEMA_DIR"))) {
        g_test_skip("only root can be two users, where others may read the schemas");
        return;
    }
    have_manifest(f);
    g_assert_cmpint(chdir(f->scratch), ==, 0);
    g_free(run("chmod", "-R", "a+rX", f->scratch, NULL));
    mark = protect(f);
    protect_as_other("snap1", FALSE);
    export_protect_keep(f->path, mark);
    protect_as_other("snap1", TRUE);
    g_assert_cmpint(chdir(here), ==, 0);
}

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
    ADD("/export-protect/undone", test_protection_undone);
    ADD("/export-protect/relied-on-while-undone", test_relied_on_while_undone);
    ADD("/export-protect/undone-while-relied-on", test_undone_while_relied_on);
    ADD("/export-protect/by-other", test_protected_by_other);

    return g_test_run();
}
