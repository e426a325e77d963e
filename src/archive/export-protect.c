/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/export-lock.h"
#include "archive/export-protect.h"
#include "archive/manifest.h"
#include "util/fd.h"

#define MARK_FLAGS (O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
/* Of a mark that an import may still take back, and of one that stays until somebody lifts it. */
#define PASSING_MODE 0400
#define SETTLED_MODE 0444

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

/* Returns: which file the mark @fd is, and when it was last relied on; owned by the caller. */
static char *
tell_mark(int fd)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return NULL;

    return g_strdup_printf("%" PRIu64 " %" PRIi64 ".%09ld", (guint64)st.st_ino,
                           (gint64)st.st_mtim.tv_sec, st.st_mtim.tv_nsec);
}

static gboolean
refuse_protecting(const char *path, int errsv, GError **error)
{
    virt_snap_error_set_errno(error, errsv, _("Cannot protect the export '%s'"), path);

    return FALSE;
}

/* --- who relies on it ----------------------------------------------------------- */

/* Opens the mark for a lock; NFS gives an exclusive one only for what is open for writing. */
static int
open_mark(int dirfd)
{
    int fd = openat(dirfd, PROTECTED_FILE, O_RDWR | MARK_FLAGS);

    return fd >= 0 || errno == ENOENT ? fd : openat(dirfd, PROTECTED_FILE, O_RDONLY | MARK_FLAGS);
}

/* Whether the mark is still the file @fd. */
static gboolean
is_mark_there(int dirfd, int fd)
{
    struct stat held;
    struct stat named;

    return fstat(fd, &held) == 0 &&
           fstatat(dirfd, PROTECTED_FILE, &named, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* Those who rely on a mark, and the one who made it and would take it back, have its lock one after
 * the other. Where there are no locks nobody takes one back. */
static gboolean
lock_mark(int fd)
{
    while (flock(fd, LOCK_EX) < 0) {
        if (errno != EINTR)
            return FALSE;
    }

    return TRUE;
}

/* A mark that this process cannot change is relied on once it is settled; before that it may not
 * even be opened by others. */
static gboolean
check_settled(int fd, const char *path, GError **error)
{
    struct stat st;

    if (fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 0077) != 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("The export '%s' is protected by another user, whose import may still lift "
                  "that; try again when it has ended, or have that user run 'virtsnap "
                  "export-protect'"),
                path);

    return FALSE;
}

/* From now on whoever made the mark does not take it back, and others see that. The time is more
 * exact than the one that a new file gets, which could be the same for both. */
static gboolean
settle_mark(int fd, const char *path, GError **error)
{
    struct timespec times[2];

    clock_gettime(CLOCK_REALTIME, &times[0]);
    times[1] = times[0];
    if (futimens(fd, times) < 0)
        return errno == EROFS ? check_settled(fd, path, error)
                              : refuse_protecting(path, errno, error);
    /* A file system without permissions shows it to everybody anyway. */
    if (fchmod(fd, SETTLED_MODE) < 0)
        g_debug("%s: %s", PROTECTED_FILE, g_strerror(errno));

    return TRUE;
}

static gboolean
is_others(int fd)
{
    struct stat st;

    return fd < 0 || (geteuid() != 0 && fstat(fd, &st) == 0 && st.st_uid != geteuid());
}

/* @again: (out): the mark was taken back meanwhile. */
static gboolean
rely_on_mark(int dirfd, int fd, const char *path, gboolean *again, GError **error)
{
    *again = FALSE;
    if (is_others(fd))
        return check_settled(fd, path, error);
    lock_mark(fd);
    *again = !is_mark_there(dirfd, fd);

    return *again || settle_mark(fd, path, error);
}

/* --- making and removing it ------------------------------------------------------- */

/* Returns: FALSE with @error, or without one if there is a mark already. */
static gboolean
make_mark(int dirfd, const char *path, char **mark, GError **error)
{
    auto_fd fd = openat(dirfd, PROTECTED_FILE, O_WRONLY | O_CREAT | O_EXCL | MARK_FLAGS,
                        PASSING_MODE);

    if (fd < 0)
        return errno == EEXIST ? FALSE : refuse_protecting(path, errno, error);
    if (!fd_sync(fd, PROTECTED_FILE, error))
        return FALSE;
    *mark = tell_mark(fd);

    return TRUE;
}

/* Makes the mark, or relies on the one that is there. */
static gboolean
have_mark(int dirfd, const char *path, char **mark, GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean again;

    do {
        auto_fd fd = -1;

        if (make_mark(dirfd, path, mark, &why))
            return TRUE;
        if (why)
            break;
        fd = open_mark(dirfd);
        again = fd < 0 && errno == ENOENT;
        if (!again && rely_on_mark(dirfd, fd, path, &again, &why) && !again)
            return TRUE;
    } while (again);
    g_propagate_error(error, g_steal_pointer(&why));

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

    *mark = NULL;

    return dirfd >= 0 && have_mark(dirfd, path, mark, error) && fd_sync(dirfd, path, error);
}

gboolean
export_protect_undo(const char *path, const char *mark, GError **error)
{
    auto_fd lock = -1;
    auto_fd dirfd = open_to_mark(path, &lock, error);
    auto_fd fd = dirfd < 0 ? -1 : open_mark(dirfd);
    g_autofree char *now = NULL;

    if (dirfd < 0)
        return FALSE;
    if (fd < 0 && errno == ENOENT)
        return TRUE;
    if (fd < 0 || !lock_mark(fd)) {
        virt_snap_error_set_errno(error, errno,
                                  _("Cannot lift the protection of the export '%s'"), path);
        return FALSE;
    }
    now = tell_mark(fd);

    return g_strcmp0(now, mark) != 0 || !is_mark_there(dirfd, fd) ||
           remove_mark(dirfd, path, error);
}

void
export_protect_keep(const char *path, const char *mark)
{
    auto_fd dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    auto_fd fd = dirfd < 0 ? -1 : open_mark(dirfd);
    g_autofree char *now = fd < 0 ? NULL : tell_mark(fd);

    if (now && g_str_equal(now, mark) && fchmod(fd, SETTLED_MODE) < 0)
        g_debug("%s: %s", PROTECTED_FILE, g_strerror(errno));
}

static gboolean
lift_protection(const char *path, GError **error)
{
    auto_fd lock = -1;
    auto_fd dirfd = open_to_mark(path, &lock, error);

    return dirfd >= 0 && remove_mark(dirfd, path, error);
}

static gboolean
protect_for_good(const char *path, GError **error)
{
    g_autofree char *mark = NULL;

    if (!export_protect(path, &mark, error))
        return FALSE;
    if (mark)
        export_protect_keep(path, mark);

    return TRUE;
}

gboolean
export_set_protected(const char *path, gboolean protect, GError **error)
{
    return protect ? protect_for_good(path, error) : lift_protection(path, error);
}
