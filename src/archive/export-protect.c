/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>
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

static gboolean
make_mark(int dirfd, const char *path, GError **error)
{
    auto_fd fd =
        openat(dirfd, PROTECTED_FILE, O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0400);

    if (fd >= 0)
        return fd_sync(fd, PROTECTED_FILE, error);
    virt_snap_error_set_errno(error, errno, _("Cannot protect the export '%s'"), path);

    return FALSE;
}

static gboolean
remove_mark(int dirfd, const char *path, GError **error)
{
    if (unlinkat(dirfd, PROTECTED_FILE, 0) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot lift the protection of the export '%s'"),
                              path);

    return FALSE;
}

/* The shared lock keeps a removal from beginning; a removal checks the mark after it has the
 * exclusive lock. */
gboolean
export_set_protected(const char *path, gboolean protect, GError **error)
{
    auto_fd dirfd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
    auto_fd lock = dirfd < 0 ? -1 : export_lock_read(dirfd, path, error);
    g_autoptr(Manifest) manifest = lock < 0 ? NULL : manifest_load(dirfd, error);
    gboolean done;

    if (!manifest || !check_mark(dirfd, manifest, path, error))
        return FALSE;
    if (protect == export_is_protected(dirfd))
        return fd_sync(dirfd, path, error);
    done = protect ? make_mark(dirfd, path, error) : remove_mark(dirfd, path, error);

    return done && fd_sync(dirfd, path, error);
}
