/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/export-lock.h"
#include "archive/export-protect.h"
#include "archive/manifest.h"
#include "util/fd.h"

gboolean
export_is_protected(int dirfd)
{
    struct stat st;

    return fstatat(dirfd, PROTECTED_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

gboolean
export_is_mark(int dirfd, const char *name)
{
    struct stat st;

    return g_str_equal(name, PROTECTED_FILE) &&
           fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           st.st_size == 0;
}

/* Refuses anything of that name that is not the mark; it is not removed. */
static gboolean
check_mark(int dirfd, const Manifest *manifest, const char *path, GError **error)
{
    if (!manifest_file(manifest, PROTECTED_FILE) &&
        (!export_is_protected(dirfd) || export_is_mark(dirfd, PROTECTED_FILE)))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("'%s/%s' is not the empty file that protects an export; move it away"), path,
                PROTECTED_FILE);

    return FALSE;
}

/* @made: (out): whether it was not there. */
static gboolean
make_mark(int dirfd, const char *path, gboolean *made, GError **error)
{
    auto_fd fd = -1;

    *made = FALSE;
    if (export_is_protected(dirfd))
        return TRUE;
    fd = openat(dirfd, PROTECTED_FILE, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0400);
    if (fd < 0 && errno == EEXIST)
        return TRUE;
    *made = fd >= 0;
    if (*made)
        return fd_sync(fd, PROTECTED_FILE, error);
    virt_snap_error_set_errno(error, errno, _("Cannot protect the export '%s'"), path);

    return FALSE;
}

static gboolean
remove_mark(int dirfd, const char *path, GError **error)
{
    if (unlinkat(dirfd, PROTECTED_FILE, 0) == 0 || errno == ENOENT)
        return fd_sync(dirfd, path, error);
    virt_snap_error_set_errno(error, errno, _("Cannot lift the protection of the export '%s'"),
                              path);

    return FALSE;
}

/* Only its owner can do that; for the others nobody knows better. */
static void
touch_mark(int dirfd)
{
    struct timespec times[2];

    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[1] = times[0];
    if (utimensat(dirfd, PROTECTED_FILE, times, AT_SYMLINK_NOFOLLOW) < 0)
        g_debug("%s: %s", PROTECTED_FILE, g_strerror(errno));
}

/* Returns: (nullable): which file the mark is, and when it was last relied on; owned by the
 * caller. */
static char *
tell_mark(int dirfd)
{
    struct stat st;

    if (fstatat(dirfd, PROTECTED_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return NULL;

    return g_strdup_printf("%" PRIu64 " %" PRIi64 ".%09ld", (guint64)st.st_ino,
                           (gint64)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

/* The shared lock keeps a removal from beginning; a removal checks the mark after it has the
 * exclusive lock. */
static int
open_to_mark(const char *path, int *lock, GError **error)
{
    auto_fd dirfd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
    g_autoptr(Manifest) manifest = NULL;

    *lock = dirfd < 0 ? -1 : export_lock_read(dirfd, path, error);
    manifest = *lock < 0 ? NULL : manifest_load(dirfd, error);

    return manifest && check_mark(dirfd, manifest, path, error) ? fd_steal(&dirfd) : -1;
}

gboolean
export_protect(const char *path, char **mark, GError **error)
{
    auto_fd lock = -1;
    auto_fd dirfd = open_to_mark(path, &lock, error);
    gboolean made;

    *mark = NULL;
    if (dirfd < 0 || !make_mark(dirfd, path, &made, error))
        return FALSE;
    if (made)
        *mark = tell_mark(dirfd);
    else
        touch_mark(dirfd);

    return fd_sync(dirfd, path, error);
}

gboolean
export_protect_undo(const char *path, const char *mark, GError **error)
{
    auto_fd lock = -1;
    auto_fd dirfd = open_to_mark(path, &lock, error);
    g_autofree char *now = dirfd < 0 ? NULL : tell_mark(dirfd);

    if (dirfd < 0)
        return FALSE;

    return g_strcmp0(now, mark) != 0 || remove_mark(dirfd, path, error);
}

static gboolean
lift_protection(const char *path, GError **error)
{
    auto_fd lock = -1;
    auto_fd dirfd = open_to_mark(path, &lock, error);

    return dirfd >= 0 && remove_mark(dirfd, path, error);
}

gboolean
export_set_protected(const char *path, gboolean protect, GError **error)
{
    g_autofree char *mark = NULL;

    return protect ? export_protect(path, &mark, error) : lift_protection(path, error);
}
