/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/export-lock.h"
#include "archive/export-remove.h"
#include "archive/manifest.h"
#include "import/import-files.h"
#include "tests/unit/harness.h"
#include "tests/unit/records.h"
#include "tests/unit/target-fixture.h"
#include "util/fd.h"

/* Exports on what Linux mounts from an SMB server. What such a file system does in its own way is
 * done by functions that take the place of the C library's; tests/machine/cifs.sh has a real
 * one. */

static int locked_fd = -1;    /* what is locked exclusively by us */
static void (*renamed)(void); /* what another host does after a rename */

#define REAL(name) \
    static __typeof__(&name) real; \
    if (!real) \
        *(void **)&real = dlsym(RTLD_NEXT, #name)

/* A lock of another one is EACCES. A directory is locked for this host only, so that a lock of
 * another host is not seen there. */
int
flock(int fd, int operation)
{
    struct stat st;
    int result;
    REAL(flock);

    if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
        return 0;
    result = real(fd, operation);
    if (result == 0 && operation & LOCK_EX)
        locked_fd = fd;
    if (result < 0 && errno == EWOULDBLOCK)
        errno = EACCES;

    return result;
}

/* A lock keeps all other descriptors from reading. */
ssize_t
pread(int fd, void *buffer, size_t length, off_t offset)
{
    struct stat one;
    struct stat other;
    REAL(pread);

    if (fd != locked_fd && fstat(fd, &one) == 0 && fstat(locked_fd, &other) == 0 &&
        one.st_ino == other.st_ino) {
        errno = EACCES;
        return -1;
    }

    return real(fd, buffer, length, offset);
}

static gboolean
is_open_below(const char *link, const char *directory)
{
    g_autofree char *at = g_build_filename("/proc/self/fd", link, NULL);
    g_autofree char *path = g_file_read_link(at, NULL);
    struct stat st;

    return path && g_str_has_prefix(path, directory) && path[strlen(directory)] == '/' &&
           stat(at, &st) == 0 && S_ISREG(st.st_mode);
}

static gboolean
is_held_open(int dirfd, const char *name)
{
    g_autofree char *at = g_strdup_printf("/proc/self/fd/%d", dirfd);
    g_autofree char *above = g_file_read_link(at, NULL);
    g_autofree char *directory = g_build_filename(above, name, NULL);
    g_autoptr(GDir) links = g_dir_open("/proc/self/fd", 0, NULL);
    const char *link;

    while ((link = g_dir_read_name(links))) {
        if (is_open_below(link, directory))
            return TRUE;
    }

    return FALSE;
}

/* No directory is renamed in which a file is open. */
int
renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned int flags)
{
    int result;
    REAL(renameat2);

    if (is_held_open(from_fd, from)) {
        errno = EACCES;
        return -1;
    }
    result = real(from_fd, from, to_fd, to, flags);
    if (result == 0 && renamed)
        renamed();

    return result;
}

/* A name that the mount does not map is not found. */
int
mkdirat(int dirfd, const char *path, mode_t mode)
{
    REAL(mkdirat);

    if (!strchr(path, ':'))
        return real(dirfd, path, mode);
    errno = ENOENT;

    return -1;
}

/* Files keep the owner that the mount has for all of them. */
int
fchown(int fd, uid_t uid, gid_t gid)
{
    return 0;
}

/* --- the end of an export ------------------------------------------------------ */

static void
test_commit(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_begin_new(f, "snap", TRUE);

    target_put(target, "manifest.xml");
    g_assert_true(target_commit(target, &error));
    g_assert_no_error(error);
    g_clear_pointer(&target, target_free);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/snap\n./to/coll/snap/manifest.xml\n");
}

/* One that does not get its name leaves nothing, although its journal is closed by then. */
static void
test_not_committed(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_begin_new(f, "snap", TRUE);

    target_put(target, "manifest.xml");
    target_sh(f, "mkdir to/coll/snap; echo >to/coll/snap/x");
    g_assert_false(target_commit(target, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_clear_pointer(&target, target_free);
    target_assert_listing(f, "./to\n./to/coll\n./to/coll/snap\n./to/coll/snap/x\n");
}

/* Another host is told of by its lock. */
static void
test_under_way(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_begin_new(f, "snap", TRUE);
    g_autoptr(Target) other = target_at(f->to, "coll", "snap", TRUE, &error);

    g_assert_no_error(error);
    g_assert_false(target_begin(other, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_clear_error(&error);
    g_clear_pointer(&other, target_free);
    g_assert_true(target_commit(target, &error));
    g_assert_no_error(error);
}

static void
test_name(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_at(f->to, "coll", "a:b", TRUE, &error);

    g_assert_no_error(error);
    g_assert_false(target_begin(target, FALSE, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER);
    g_assert_nonnull(strstr(error->message, "cannot hold the name 'a:b'"));
    g_clear_pointer(&target, target_free);
    target_assert_listing(f, "");
}

/* --- its removal ---------------------------------------------------------------- */

static TargetFixture *removed_from;
static int reader = -1;

/* Makes the least export there is at to/snap. */
static void
make_export(TargetFixture *f)
{
    target_sh(f, "mkdir -p to/snap; "
                 "cp \"$abs_top_srcdir/tests/data/manifest/valid/least.xml\" to/snap/manifest.xml");
}

static RemoveResult
remove_it(TargetFixture *f, GError **error)
{
    auto_fd rootfd = open(f->to, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autofree char *path = g_build_filename(f->to, "snap", NULL);
    g_autoptr(Control) control = control_new();
    const ExportRef export = {.rootfd = rootfd, .below = "snap", .path = path};
    guint64 freed;

    return export_remove(&export, control, &freed, error);
}

static void
test_remove(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    make_export(f);
    g_assert_cmpint(remove_it(f, &error), ==, REMOVE_DONE);
    g_assert_no_error(error);
    target_assert_listing(f, "./to\n");
}

static void
open_reader(const char *name)
{
    g_autofree char *path = g_build_filename(removed_from->to, name, MANIFEST_FILE, NULL);

    reader = open(path, O_RDONLY | O_CLOEXEC);
    g_assert_cmpint(flock(reader, LOCK_SH | LOCK_NB), ==, 0);
    renamed = NULL;
}

static void
read_renamed(void)
{
    open_reader(".snap" EXPORT_PRUNED);
}

/* It is being read, by one who was there before, or came between. */
static void
test_remove_read(TargetFixture *f, gconstpointer data)
{
    g_autoptr(GError) error = NULL;

    removed_from = f;
    make_export(f);
    open_reader("snap");
    g_assert_cmpint(remove_it(f, &error), ==, REMOVE_KEPT);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    g_clear_error(&error);
    fd_clear(&reader);
    target_assert_listing(f, "./to\n./to/snap\n./to/snap/manifest.xml\n");
    renamed = read_renamed;
    g_assert_cmpint(remove_it(f, &error), ==, REMOVE_FAILED);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE);
    fd_clear(&reader);
    target_assert_listing(f, "./to\n./to/.snap.pruned\n./to/.snap.pruned/manifest.xml\n");
}

/* --- owners ---------------------------------------------------------------------- */

static gboolean
close_import(TargetFixture *f, const HypervisorOwner *owner, GError **error)
{
    g_autoptr(ImportSettings) settings = import_settings_new();
    ImportFile *file = g_new0(ImportFile, 1);
    ImportPlan *plan = import_plan_new(settings, "/to");
    auto_fd dirfd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    ManifestFile *from = manifest_file_new();
    gboolean ok;

    file->from = from;
    file->path = g_strdup("x.raw");
    g_ptr_array_add(plan->files, file);
    ok = import_files_close(plan, dirfd, owner, error);
    import_plan_free(plan);
    manifest_file_free(from);

    return ok;
}

/* Nobody is told that QEMU has the files when it has not. */
static void
test_owner(TargetFixture *f, gconstpointer data)
{
    const HypervisorOwner own = {geteuid(), getegid()};
    const HypervisorOwner other = {54321, 54321};
    g_autoptr(GError) error = NULL;

    if (geteuid() != 0) {
        g_test_skip("only root takes the place of others");
        return;
    }
    target_sh(f, "echo >x.raw");
    g_assert_true(close_import(f, &own, &error));
    g_assert_no_error(error);
    g_assert_false(close_import(f, &other, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED);
    g_assert_nonnull(strstr(error->message, "uid=54321"));
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
#define ADD(name, func) g_test_add(name, TargetFixture, NULL, target_set_up, func, target_tear_down)
    ADD("/smb/commit", test_commit);
    ADD("/smb/not-committed", test_not_committed);
    ADD("/smb/under-way", test_under_way);
    ADD("/smb/name", test_name);
    ADD("/smb/remove", test_remove);
    ADD("/smb/remove-read", test_remove_read);
    ADD("/smb/owner", test_owner);

    return g_test_run();
}
