/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/strings.h"

#define HUGE_PAGE ((gsize)2 << 20)

typedef DIR AutoDir;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(AutoDir, closedir)

void
fd_clear(int *fd)
{
    int errsv = errno;

    if (*fd >= 0)
        close(*fd);
    *fd = -1;
    errno = errsv;
}

int
fd_steal(int *fd)
{
    int result = *fd;

    *fd = -1;
    return result;
}

int
fd_lock(int fd, int operation)
{
    int result = flock(fd, operation);

    if (result < 0 && errno == EACCES)
        errno = EWOULDBLOCK;

    return result;
}

int
fd_stat_server(int dirfd, const char *path, struct statx *st)
{
    int flags = AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | AT_STATX_FORCE_SYNC;

    return statx(dirfd, path, flags, STATX_BASIC_STATS, st);
}

gboolean
fd_is_held_open(int errsv)
{
    return errsv == EACCES || errsv == EBUSY || errsv == ETXTBSY;
}

int
fd_open(int dirfd, const char *path, int flags, mode_t mode, GError **error)
{
    int fd = openat(dirfd, path, flags | O_CLOEXEC, mode);

    if (fd < 0)
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s'"), path);

    return fd;
}

int
fd_open_dir(int dirfd, const char *path, GError **error)
{
    int fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

    if (fd < 0)
        virt_snap_error_set_errno(error, errno, _("Cannot open the directory '%s'"), path);

    return fd;
}

/* Does the same as openat2() by opening one path component after the other, for valgrind and old
 * kernels, which do not know openat2(). */
static int
walk_beneath(int dirfd, const char *path, int flags)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);
    auto_fd fd = dirfd == AT_FDCWD ? open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)
                                   : fcntl(dirfd, F_DUPFD_CLOEXEC, 0);

    for (char **part = parts; *part && fd >= 0; part++) {
        int how = part[1] ? O_PATH | O_DIRECTORY : flags;
        int below;

        if (!**part || g_str_equal(*part, ".") || g_str_equal(*part, "..")) {
            errno = EXDEV;
            return -1;
        }
        below = openat(fd, *part, how | O_NOFOLLOW | O_CLOEXEC);
        fd_clear(&fd);
        fd = below;
    }

    return fd_steal(&fd);
}

static int
open_beneath(int dirfd, const char *path, int flags, guint64 resolve)
{
    struct open_how how = {
        .flags = (guint64)flags | O_CLOEXEC,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | resolve,
    };
    int fd = (int)syscall(SYS_openat2, dirfd, path, &how, sizeof(how));

    return fd < 0 && errno == ENOSYS ? walk_beneath(dirfd, path, flags) : fd;
}

int
fd_open_beneath(int dirfd, const char *path, int flags, GError **error)
{
    int fd = open_beneath(dirfd, path, flags, 0);

    if (fd < 0)
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s'"), path);

    return fd;
}

static gboolean
same_device(int a, int b)
{
    struct stat one;
    struct stat other;

    return fstat(a, &one) == 0 && fstat(b, &other) == 0 && one.st_dev == other.st_dev;
}

/* The devices are looked at for kernels without openat2(); it knows bind mounts, too. */
int
fd_open_inside(int dirfd, const char *path, int flags, GError **error)
{
    auto_fd fd = open_beneath(dirfd, path, flags, RESOLVE_NO_XDEV);

    if (fd >= 0 && same_device(dirfd, fd))
        return fd_steal(&fd);
    if (fd < 0 && errno != EXDEV)
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s'"), path);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is a mount point or below one"), path);

    return -1;
}

/* Opens the file that @place (O_PATH) refers to, through /proc; where /proc is not mounted, opens
 * @path again. */
static int
reopen_at_place(int place, int dirfd, const char *path, int flags)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", place);
    int fd = open(link, flags);

    return fd < 0 && errno == ENOENT ? openat(dirfd, path, flags) : fd;
}

static gboolean
is_data(const struct stat *st)
{
    return S_ISREG(st->st_mode) || S_ISBLK(st->st_mode);
}

int
fd_open_data(int dirfd, const char *path, int flags, struct stat *st)
{
    int all = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags;
    auto_fd place = openat(dirfd, path, O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW));
    auto_fd fd = -1;

    if (place < 0 || fstat(place, st) < 0)
        return -1;
    if (!is_data(st)) {
        errno = EMEDIUMTYPE;
        return -1;
    }
    all &= ~O_NOFOLLOW;
    fd = reopen_at_place(place, dirfd, path, all | O_NOATIME);
    /* Only the owner of the file and privileged processes may use O_NOATIME. */
    if (fd < 0 && errno == EPERM)
        fd = reopen_at_place(place, dirfd, path, all);
    if (fd < 0 || fstat(fd, st) < 0)
        return -1;
    if (!is_data(st)) {
        errno = EMEDIUMTYPE;
        return -1;
    }

    return fd_steal(&fd);
}

gboolean
fd_size(int fd, guint64 *bytes)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return FALSE;
    if (S_ISBLK(st.st_mode))
        return ioctl(fd, BLKGETSIZE64, bytes) == 0;
    *bytes = (guint64)st.st_size;

    return TRUE;
}

gboolean
fd_pwrite_all(int fd, const void *data, gsize length, guint64 offset, const char *what,
              GError **error)
{
    const char *from = data;

    while (length > 0) {
        ssize_t n = pwrite(fd, from, length, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            virt_snap_error_set_errno(error, n < 0 ? errno : EIO, _("Cannot write '%s'"), what);
            return FALSE;
        }
        from += n;
        offset += (guint64)n;
        length -= (gsize)n;
    }

    return TRUE;
}

gboolean
fd_pread_all(int fd, void *data, gsize length, guint64 offset, const char *what, GError **error)
{
    char *to = data;

    while (length > 0) {
        ssize_t n = pread(fd, to, length, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), what);
            return FALSE;
        }
        if (n == 0) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                        _("'%s' ends at byte %" PRIu64 ", before its expected size: "
                          "it was cut short"),
                        what, offset);
            return FALSE;
        }
        to += n;
        offset += (guint64)n;
        length -= (gsize)n;
    }

    return TRUE;
}

void *
fd_buffer_new(gsize length)
{
    gsize whole = (length + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE;
    void *buffer;

    if (posix_memalign(&buffer, HUGE_PAGE, whole) != 0)
        g_error("out of memory");
    /* An error is ignored: a kernel without huge pages uses small ones. */
    madvise(buffer, whole, MADV_HUGEPAGE);

    return buffer;
}

/* Some file systems cannot sync a single directory (EINVAL); there the whole file system is
 * synced. */
static int
sync_fd(int fd)
{
    int result = fsync(fd);

    if (result < 0 && (errno == EINVAL || errno == EOPNOTSUPP))
        result = syncfs(fd);

    return result;
}

gboolean
fd_sync(int fd, const char *what, GError **error)
{
    if (sync_fd(fd) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot make '%s' durable"), what);
        return FALSE;
    }

    return TRUE;
}

gboolean
file_create_at(int dirfd, const char *name, const void *data, gsize length, GError **error)
{
    auto_fd fd = fd_open(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);

    if (fd < 0)
        return FALSE;
    if (!fd_pwrite_all(fd, data, length, 0, name, error))
        return FALSE;

    return fd_sync(fd, name, error);
}

gboolean
file_stage_at(int dirfd, const char *temporary, const void *data, gsize length, GError **error)
{
    auto_fd fd = fd_open(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);

    if (fd < 0)
        return FALSE;
    if (fd_pwrite_all(fd, data, length, 0, temporary, error))
        return TRUE;
    unlinkat(dirfd, temporary, 0);

    return FALSE;
}

static gboolean
sync_and_rename(int dirfd, const char *temporary, const char *name, GError **error)
{
    auto_fd fd = fd_open(dirfd, temporary, O_RDONLY | O_NOFOLLOW, 0, error);

    if (fd < 0 || !fd_sync(fd, name, error))
        return FALSE;
    if (renameat(dirfd, temporary, dirfd, name) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot put '%s' in place"), name);

    return FALSE;
}

gboolean
file_put_at(int dirfd, const char *temporary, const char *name, GError **error)
{
    if (sync_and_rename(dirfd, temporary, name, error))
        return fd_sync(dirfd, name, error);
    unlinkat(dirfd, temporary, 0);

    return FALSE;
}

gboolean
file_replace_at(int dirfd, const char *name, const void *data, gsize length, GError **error)
{
    g_autofree char *id = g_uuid_string_random();
    g_autofree char *temporary = g_strdup_printf(".%.8s.tmp", id);

    return file_stage_at(dirfd, temporary, data, length, error) &&
           file_put_at(dirfd, temporary, name, error);
}

GBytes *
file_read_fd(int fd, const char *name, gsize limit, GError **error)
{
    g_autofree char *data = NULL;
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is not a regular file"), name);
        return NULL;
    }
    if ((guint64)st.st_size > limit) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is larger than the %zu bytes such a file may have"),
                    name, limit);
        return NULL;
    }

    data = g_try_malloc((gsize)st.st_size + 1);
    if (!data) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot read '%s'"), name);
        return NULL;
    }
    if (!fd_pread_all(fd, data, (gsize)st.st_size, 0, name, error))
        return NULL;

    return g_bytes_new_take(g_steal_pointer(&data), (gsize)st.st_size);
}

GBytes *
file_read_at(int dirfd, const char *name, gsize limit, GError **error)
{
    /* Without O_NONBLOCK, opening a FIFO of that name would wait for a writer for ever. */
    auto_fd fd = fd_open(dirfd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK, 0, error);

    return fd < 0 ? NULL : file_read_fd(fd, name, limit, error);
}

int
dir_create_at(int dirfd, const char *name, GError **error)
{
    if (mkdirat(dirfd, name, 0700) < 0) {
        int errsv = errno;

        virt_snap_error_set_errno(error, errsv, _("Cannot create the directory '%s'"), name);
        errno = errsv;
        return -1;
    }

    return fd_open_dir(dirfd, name, error);
}

GPtrArray *
dir_list_at(int dirfd, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(AutoDir) dir = NULL;
    auto_fd fd = fd_open_dir(dirfd, name, error);

    if (fd < 0)
        return NULL;
    dir = fdopendir(fd);
    if (!dir) {
        virt_snap_error_set_errno(error, errno, _("Cannot read the directory '%s'"), name);
        return NULL;
    }
    fd_steal(&fd);

    for (struct dirent *entry; (errno = 0, entry = readdir(dir));) {
        if (!g_str_equal(entry->d_name, ".") && !g_str_equal(entry->d_name, ".."))
            g_ptr_array_add(names, g_strdup(entry->d_name));
    }
    /* An incomplete list must not be taken for a complete one. */
    if (errno != 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot read the directory '%s'"), name);
        return NULL;
    }
    strings_sort(names);

    return g_steal_pointer(&names);
}

static gboolean
remove_below(int dirfd, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, name, error);
    auto_fd fd = -1;

    if (!names)
        return FALSE;
    fd = fd_open_dir(dirfd, name, error);
    if (fd < 0)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        if (!tree_remove_at(fd, g_ptr_array_index(names, i), error))
            return FALSE;
    }

    return TRUE;
}

gboolean
tree_remove_at(int dirfd, const char *name, GError **error)
{
    if (unlinkat(dirfd, name, 0) == 0 || errno == ENOENT)
        return TRUE;
    /* For a directory unlink() fails with EPERM according to POSIX, with EISDIR on Linux. */
    if (errno != EISDIR && errno != EPERM) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), name);
        return FALSE;
    }
    if (!remove_below(dirfd, name, error))
        return FALSE;
    if (unlinkat(dirfd, name, AT_REMOVEDIR) < 0 && errno != ENOENT) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove the directory '%s'"), name);
        return FALSE;
    }

    return TRUE;
}

/* --- entries ------------------------------------------------------------------ */

#define REWRITTEN ".rewritten"

static gboolean
rename_entry(int dirfd, const char *from, const char *to, GError **error)
{
    if (renameat(dirfd, from, dirfd, to) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot rename '%s'"), from);

    return FALSE;
}

gboolean
dir_rewrite_entry(int dirfd, const char *name, GError **error)
{
    g_autofree char *other = g_strconcat(name, REWRITTEN, NULL);

    return rename_entry(dirfd, name, other, error) && rename_entry(dirfd, other, name, error);
}

gboolean
dir_restore_entries(int dirfd, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", error);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *own = g_strndup(name, strlen(name) - MIN(strlen(name), strlen(REWRITTEN)));

        if (g_str_has_suffix(name, REWRITTEN) && !rename_entry(dirfd, name, own, error))
            return FALSE;
    }

    return names != NULL;
}
