/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/target-foreign.h"
#include "drivers/file/file-sink.h"
#include "util/fd.h"

#define ALIGNMENT 4096

typedef struct {
    Sink parent;
    int fd;        /* for buffered I/O; owned */
    int direct_fd; /* the same file with O_DIRECT, or -1; owned */
    mode_t mode;   /* permissions of the complete file */
    GMutex lock;   /* held while the file is made durable */
    gint failed;   /* atomic: errno of the first failure to make it durable; 0: none */
} FileSink;

/* Records that data was lost. The kernel reports a failed write-back only once and drops the data:
 * a later fsync(2) of the same file would succeed, so the first error is kept. */
static gboolean
fail_file_sink(FileSink *self, int errsv, GError **error)
{
    g_atomic_int_compare_and_exchange(&self->failed, 0, errsv);
    virt_snap_error_set_errno(error, errsv, _("Cannot write '%s'"), self->parent.what);

    return FALSE;
}

/* Whether the errno of sync_file_range() means that data was lost, and not that the file system
 * does not support the call. */
static gboolean
is_write_back_loss(int errsv)
{
    return errsv == EIO || errsv == ENOSPC || errsv == EDQUOT;
}

static gboolean
write_buffered(FileSink *self, const guint8 *buffer, guint64 offset, gsize length,
               GError **error)
{
    if (!fd_pwrite_all(self->fd, buffer, length, offset, self->parent.what, error))
        return FALSE;
    /* Write-back is started at once, so that dirty pages do not accumulate until the end and do not
     * fill the page cache. */
    if (sync_file_range(self->fd, (off_t)offset, (off_t)length, SYNC_FILE_RANGE_WRITE) < 0 &&
        is_write_back_loss(errno))
        return fail_file_sink(self, errno, error);

    return TRUE;
}

/* Writes as much of @length as is possible with direct I/O. Returns: the number of bytes written,
 * -1 with an error. */
static gssize
write_direct(FileSink *self, const guint8 *buffer, guint64 offset, gsize length, GError **error)
{
    gsize direct = self->direct_fd >= 0 ? length / ALIGNMENT * ALIGNMENT : 0;
    gsize done = 0;

    while (done < direct) {
        ssize_t n = pwrite(self->direct_fd, buffer + done, direct - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        /* The file system does not support direct I/O after all, or a short write ended at an
         * unaligned offset: the rest is written through the page cache. */
        if ((n < 0 && errno == EINVAL) || n == 0 || (n > 0 && n % ALIGNMENT != 0))
            return (gssize)done;
        if (n < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot write '%s'"), self->parent.what);
            return -1;
        }
        done += (gsize)n;
    }

    return (gssize)done;
}

static gboolean
file_sink_write(Sink *sink, const void *buffer, guint64 offset, gsize length, GError **error)
{
    FileSink *self = (FileSink *)sink;
    gssize done = write_direct(self, buffer, offset, length, error);

    if (done < 0)
        return FALSE;
    if ((gsize)done == length)
        return TRUE;

    return write_buffered(self, (const guint8 *)buffer + done, offset + (gsize)done,
                          length - (gsize)done, error);
}

static gboolean
file_sink_clone(Sink *sink, int fd)
{
    return ioctl(((FileSink *)sink)->fd, FICLONE, fd) == 0;
}

static gboolean
file_sink_clear(Sink *sink, guint64 offset, guint64 length, GError **error)
{
    int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

    if (fallocate(((FileSink *)sink)->fd, mode, (off_t)offset, (off_t)length) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot write '%s'"), sink->what);

    return FALSE;
}

/* Makes the file durable. @how: fsync(2) or fdatasync(2) */
static gboolean
make_file_durable(FileSink *self, int (*how)(int fd), GError **error)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    int failed = g_atomic_int_get(&self->failed);

    if (failed != 0)
        return fail_file_sink(self, failed, error);

    return how(self->fd) == 0 || fail_file_sink(self, errno, error);
}

static gboolean
file_sink_sync(Sink *sink, GError **error)
{
    return make_file_durable((FileSink *)sink, fdatasync, error);
}

static gboolean
file_sink_flush(Sink *sink, GError **error)
{
    FileSink *self = (FileSink *)sink;

    /* A file system without permissions is not an error here: the target has already warned about
     * it. */
    if (fchmod(self->fd, self->mode) < 0 && !foreign_mode_refused(errno)) {
        virt_snap_error_set_errno(error, errno, _("Cannot set the permissions of '%s'"),
                                  sink->what);
        return FALSE;
    }
    if (!make_file_durable(self, fsync, error))
        return FALSE;
    posix_fadvise(self->fd, 0, 0, POSIX_FADV_DONTNEED);

    return TRUE;
}

static void
file_sink_free(Sink *sink)
{
    FileSink *self = (FileSink *)sink;

    fd_clear(&self->fd);
    fd_clear(&self->direct_fd);
    g_mutex_clear(&self->lock);
    g_free(sink->what);
    g_free(self);
}

static const SinkOps file_sink_ops = {
    .name = "file",
    .write = file_sink_write,
    .clone = file_sink_clone,
    .clear = file_sink_clear,
    .sync = file_sink_sync,
    .flush = file_sink_flush,
    .free = file_sink_free,
};

/* Makes a sink of @fd, which it owns from then on. */
static Sink *
file_sink_on(int fd, const char *name, guint64 size, mode_t mode)
{
    FileSink *self = g_new0(FileSink, 1);
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);

    self->parent.ops = &file_sink_ops;
    self->parent.what = g_strdup(name);
    self->parent.size = size;
    self->mode = mode;
    g_mutex_init(&self->lock);
    self->fd = fd;
    self->direct_fd = openat(AT_FDCWD, path, O_WRONLY | O_DIRECT | O_CLOEXEC);

    return &self->parent;
}

Sink *
file_sink_new(int dirfd, const char *name, guint64 size, mode_t mode, GError **error)
{
    auto_fd fd = fd_open(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0600, error);

    if (fd < 0)
        return NULL;
    if (ftruncate(fd, (off_t)size) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot give '%s' its size"), name);
        return NULL;
    }

    return file_sink_on(fd_steal(&fd), name, size, mode);
}

Sink *
file_sink_reopen(int dirfd, const char *name, guint64 size, mode_t mode, GError **error)
{
    struct statx named;
    struct stat st;
    auto_fd fd = -1;
    int result = fd_stat_server(dirfd, name, &named);

    /* What other exports have, too, is theirs, its permissions as well: it is begun anew. */
    if (result == 0 && named.stx_nlink > 1) {
        virt_snap_error_set_errno(error, ENOENT, _("Cannot resume '%s'"), name);
        return NULL;
    }
    /* A complete file is read-only, so make it writable first. */
    if (result < 0 || (S_ISREG(named.stx_mode) && fchmodat(dirfd, name, 0600, 0) < 0 &&
                       !foreign_mode_refused(errno))) {
        virt_snap_error_set_errno(error, errno, _("Cannot resume '%s'"), name);
        return NULL;
    }
    fd = fd_open(dirfd, name, O_RDWR | O_NOFOLLOW | O_NONBLOCK, 0, error);
    if (fd < 0)
        return NULL;
    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || (guint64)st.st_size != size) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' is not what an earlier run has left; export anew, without resuming"),
                    name);
        return NULL;
    }

    return file_sink_on(fd_steal(&fd), name, size, mode);
}
