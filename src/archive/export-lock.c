/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "archive/export-lock.h"
#include "archive/manifest.h"
#include "util/error-private.h"
#include "util/fd.h"

gboolean
export_is_pruned(const char *name)
{
    return *name == '.' && strlen(name) > strlen(EXPORT_PRUNED) + 1 &&
           g_str_has_suffix(name, EXPORT_PRUNED);
}

gboolean
export_lock_refused(const GError *error)
{
    static const VirtSnapError codes[] = {VIRT_SNAP_ERROR_IN_USE, VIRT_SNAP_ERROR_INVALID_STATE};

    return virt_snap_error_is(error, codes, G_N_ELEMENTS(codes));
}

/* --- the lock --------------------------------------------------------------- */

/* Flags with which opening a FIFO of that name does not block. */
#define OPEN_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)

/* Opens the manifest for a lock. NFS gives an exclusive lock only for a file that is open for
 * writing. A manifest that fsverity(1) has sealed cannot be opened for writing, and need not be on
 * a local file system. */
static int
open_manifest(int dirfd, gboolean alone)
{
    int fd = -1;

    if (alone)
        fd = openat(dirfd, MANIFEST_FILE, O_RDWR | O_CLOEXEC | OPEN_FLAGS);
    if (fd < 0)
        fd = openat(dirfd, MANIFEST_FILE, O_RDONLY | O_CLOEXEC | OPEN_FLAGS);

    return fd;
}

static int
open_regular(int dirfd, gboolean alone, const char *path, GError **error)
{
    auto_fd fd = open_manifest(dirfd, alone);
    struct stat st;

    if (fd < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s/%s'"), path, MANIFEST_FILE);
        /* A symbolic link in the place of the manifest is damage of the export, not an invalid
         * parameter. */
        error_recode(error, VIRT_SNAP_ERROR_INVALID_PARAMETER, VIRT_SNAP_ERROR_CORRUPT);
        return -1;
    }
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s/%s' is not a regular file"), path, MANIFEST_FILE);
        return -1;
    }

    return fd_steal(&fd);
}

static gboolean
no_locks(int errsv)
{
    return errsv == ENOLCK || errsv == EOPNOTSUPP || errsv == ENOSYS || errsv == EINVAL;
}

static gboolean
refuse_export_lock(const char *path, gboolean alone, int errsv, GError **error)
{
    if (errsv != EWOULDBLOCK)
        virt_snap_error_set_errno(error, errsv, _("Cannot lock the export '%s'"), path);
    else if (alone)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The export '%s' is being read: verified, imported, or the base of another "
                      "one; wait until that is done"),
                    path);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The export '%s' is being removed by another command; name another one"),
                    path);

    return FALSE;
}

static gboolean
lock_export_fd(int fd, const char *path, gboolean alone, GError **error)
{
    if (fd_lock(fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0)
        return TRUE;
    if (!no_locks(errno))
        return refuse_export_lock(path, alone, errno, error);
    if (!alone)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The export '%s' cannot be locked: its file system has no locks, so that nobody "
                  "can tell whether it is being read; remove it by hand"),
                path);

    return FALSE;
}

/* --- is it still what its name says ----------------------------------------- */

static gboolean
is_same_node(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static gboolean
still_there(int dirfd, int fd, const char *path)
{
    struct stat held;
    struct stat named;

    return fstat(dirfd, &held) == 0 && stat(path, &named) == 0 && is_same_node(&held, &named) &&
           fstat(fd, &held) == 0 &&
           fstatat(dirfd, MANIFEST_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           is_same_node(&held, &named);
}

/* Returns: the real name of the directory, by whatever symbolic links it was opened. */
static char *
own_name(int dirfd, const char *path)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", dirfd);
    g_autofree char *now = g_file_read_link(link, NULL);

    return g_path_get_basename(now ? now : path);
}

static gboolean
check_locked_name(int dirfd, const char *path, GError **error)
{
    g_autofree char *name = own_name(dirfd, path);

    if (!export_is_pruned(name))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("'%s' is an export whose removal has begun; name another one"),
                path);

    return FALSE;
}

static int
take_export_lock(int dirfd, const char *path, gboolean alone, GError **error)
{
    auto_fd fd = open_regular(dirfd, alone, path, error);

    if (fd < 0 || !lock_export_fd(fd, path, alone, error))
        return -1;
    if (!alone && !check_locked_name(dirfd, path, error))
        return -1;
    if (still_there(dirfd, fd, path))
        return fd_steal(&fd);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("The export '%s' was removed or renamed meanwhile"), path);

    return -1;
}

int
export_lock_read(int dirfd, const char *path, GError **error)
{
    return take_export_lock(dirfd, path, FALSE, error);
}

int
export_lock_remove(int dirfd, const char *path, GError **error)
{
    return take_export_lock(dirfd, path, TRUE, error);
}
