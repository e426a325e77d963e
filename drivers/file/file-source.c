/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "drivers/file/file-source.h"
#include "util/block-device.h"
#include "util/fd.h"

#define ALIGNMENT 4096
/* Maximal length of a range that is looked up in the page cache at once, the same as the engine's
 * block size. */
#define CACHE_WINDOW ((gsize)1 << 20)

typedef struct {
    Source parent;
    int fd;         /* for buffered I/O; owned */
    int direct_fd;  /* the same file with O_DIRECT, or -1; owned */
    gsize unit;     /* alignment of direct I/O in bytes */
    struct stat st; /* status when it was opened */
    gboolean block; /* it is a block device */
    BlockDevice device; /* state of the block device when it was opened */
} FileSource;

/* This system call came with Linux 6.5; the installed headers may be older. */
#ifndef SYS_cachestat
#define SYS_cachestat 451
#endif

/* Whether the whole range is in the page cache, for kernels without cachestat(2). This takes twenty
 * times as long, because the range has to be mapped. */
static gboolean
is_cached_by_mincore(const FileSource *self, guint64 offset, gsize length)
{
    unsigned char pages[CACHE_WINDOW / ALIGNMENT];
    gboolean all;
    void *map;

    if (length > CACHE_WINDOW)
        return FALSE;
    map = mmap(NULL, length, PROT_READ, MAP_SHARED, self->fd, (off_t)offset);
    if (map == MAP_FAILED)
        return FALSE;
    all = mincore(map, length, pages) == 0;
    for (gsize i = 0; all && i < (length + ALIGNMENT - 1) / ALIGNMENT; i++)
        all = pages[i] & 1;
    munmap(map, length);

    return all;
}

/* Whether the whole range is in the page cache. */
static gboolean
is_cached(const FileSource *self, guint64 offset, gsize length)
{
    struct {
        guint64 offset, length;
    } range = {offset, length};
    struct {
        guint64 cached, dirty, writeback, evicted, recently_evicted;
    } pages;
    guint64 page = (guint64)sysconf(_SC_PAGESIZE);

    if (syscall(SYS_cachestat, self->fd, &range, &pages, 0) < 0)
        return is_cached_by_mincore(self, offset, length);

    return pages.cached == (offset + length - 1) / page - offset / page + 1;
}

/* Reads as much of @length as is possible with direct I/O. Returns: the number of bytes read, -1
 * with an error. */
static gssize
read_direct(FileSource *self, guint8 *to, guint64 offset, gsize length, GError **error)
{
    gsize direct = self->direct_fd >= 0 ? length / self->unit * self->unit : 0;
    gsize done = 0;

    while (done < direct) {
        ssize_t n = pread(self->direct_fd, to + done, direct - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        /* Direct I/O is not supported after all, or ended at an unaligned offset: the rest is read
         * through the page cache. */
        if ((n < 0 && errno == EINVAL) || n == 0 || (n > 0 && n % (ssize_t)self->unit != 0))
            return (gssize)done;
        if (n < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), self->parent.what);
            return -1;
        }
        done += (gsize)n;
    }

    return (gssize)done;
}

/* Reads cached data from the page cache and everything else with direct I/O, so that a copy does
 * not evict what others have cached. (RWF_NOWAIT would not help: on a miss the kernel reads ahead.)
 * The page cache of a device is not used, because it may be out of date: other hosts, or a device
 * below, may have been written to. */
static gboolean
file_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                 GError **error)
{
    FileSource *self = (FileSource *)source;
    guint8 *to = buffer;
    gssize direct;
    gsize rest;

    if (!self->block && is_cached(self, offset, length))
        return fd_pread_all(self->fd, to, length, offset, source->what, error);
    direct = read_direct(self, to, offset, length, error);
    if (direct < 0)
        return FALSE;
    rest = length - (gsize)direct;
    if (rest == 0)
        return TRUE;
    if (!fd_pread_all(self->fd, to + direct, rest, offset + (guint64)direct, source->what, error))
        return FALSE;
    posix_fadvise(self->fd, (off_t)offset + direct, (off_t)rest, POSIX_FADV_DONTNEED);

    return TRUE;
}

static void
add_file_extent(GArray *extents, guint64 from, guint64 to, gboolean data)
{
    Extent extent = {from, to - from, data};

    if (to > from)
        g_array_append_val(extents, extent);
}

static gboolean
file_source_extents(Source *source, guint worker, guint64 offset, guint64 length,
                    GArray *extents, GError **error)
{
    FileSource *self = (FileSource *)source;
    guint64 end = offset + length;

    while (offset < end) {
        off_t data = lseek(self->fd, (off_t)offset, SEEK_DATA);
        off_t hole;

        if (data < 0) {
            /* With ENXIO there is only a hole up to the end; with any other errno the file system
             * cannot report extents. */
            add_file_extent(extents, offset, end, errno != ENXIO);
            return TRUE;
        }
        add_file_extent(extents, offset, MIN((guint64)data, end), FALSE);
        if ((guint64)data >= end)
            return TRUE;
        hole = lseek(self->fd, data, SEEK_HOLE);
        if (hole < 0)
            hole = (off_t)end;
        add_file_extent(extents, (guint64)data, MIN((guint64)hole, end), TRUE);
        offset = (guint64)hole;
    }

    return TRUE;
}

static int
file_source_get_fd(Source *source)
{
    return ((FileSource *)source)->fd;
}

/* Compares the state with that at opening. The ctime is ignored, because libvirt changes it when it
 * relabels images. */
static gboolean
is_source_unchanged(const FileSource *self, gboolean *unchanged, GError **error)
{
    const struct stat *st = &self->st;
    struct stat now;
    BlockDevice device;

    if (self->block) {
        if (!block_device_look(self->fd, self->parent.what, &device, error))
            return FALSE;
        *unchanged = block_device_is_same(&self->device, &device);
        return TRUE;
    }
    if (fstat(self->fd, &now) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), self->parent.what);
        return FALSE;
    }
    *unchanged = now.st_size == st->st_size && now.st_mtim.tv_sec == st->st_mtim.tv_sec &&
                 now.st_mtim.tv_nsec == st->st_mtim.tv_nsec;

    return TRUE;
}

static gboolean
file_source_check(Source *source, GError **error)
{
    gboolean unchanged;

    if (!is_source_unchanged((FileSource *)source, &unchanged, error))
        return FALSE;
    if (unchanged)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("'%s' was changed by somebody while it was read: it is not frozen, and what "
                  "was read is of no use"),
                source->what);

    return FALSE;
}

static void
file_source_free(Source *source)
{
    FileSource *self = (FileSource *)source;

    fd_clear(&self->fd);
    fd_clear(&self->direct_fd);
    g_free(source->what);
    g_free(self);
}

static const SourceOps file_source_ops = {
    .name = "file",
    .read = file_source_read,
    .extents = file_source_extents,
    .get_fd = file_source_get_fd,
    .check = file_source_check,
    .free = file_source_free,
};

/* Opens the file of @fd a second time with O_DIRECT, through /proc, so that a renamed or replaced
 * path does not matter. A read is tried, because some file systems accept the flag but cannot do
 * it. Returns: the descriptor, -1 if direct I/O is not possible. */
static int
open_direct(int fd)
{
    g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
    auto_fd direct = openat(AT_FDCWD, path, O_RDONLY | O_DIRECT | O_CLOEXEC | O_NOATIME);
    g_autofree guint8 *memory = g_malloc(2 * ALIGNMENT);
    guint8 *aligned = memory + ALIGNMENT - (gsize)memory % ALIGNMENT;

    if (direct < 0 && errno == EPERM)
        direct = openat(AT_FDCWD, path, O_RDONLY | O_DIRECT | O_CLOEXEC);
    if (direct < 0 || pread(direct, aligned, ALIGNMENT, 0) < 0)
        return -1;

    return fd_steal(&direct);
}

/* Reads the state of the block device. A device with sectors larger than ALIGNMENT is read through
 * the page cache in the end, because direct reads of ALIGNMENT bytes fail. */
static gboolean
read_block_device_state(FileSource *self, GError **error)
{
    self->block = TRUE;
    if (!block_device_look(self->fd, self->parent.what, &self->device, error))
        return FALSE;
    self->unit = MIN(self->device.sector, ALIGNMENT);

    return TRUE;
}

static gboolean
read_file_state(FileSource *self, GError **error)
{
    Source *source = &self->parent;

    if (fstat(self->fd, &self->st) < 0 ||
        !(S_ISREG(self->st.st_mode) || S_ISBLK(self->st.st_mode))) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("'%s' is neither a regular file nor a block device"), source->what);
        return FALSE;
    }
    if (S_ISBLK(self->st.st_mode) && !read_block_device_state(self, error))
        return FALSE;
    source->size = self->block ? self->device.bytes : (guint64)self->st.st_size;

    return TRUE;
}

Source *
file_source_new_part(int fd, guint64 length, const char *what, GError **error)
{
    FileSource *self = g_new0(FileSource, 1);
    g_autoptr(Source) source = &self->parent;

    source->ops = &file_source_ops;
    source->what = g_strdup(what);
    self->fd = fd;
    self->direct_fd = -1;
    self->unit = ALIGNMENT;
    if (!read_file_state(self, error))
        return NULL;
    source->size = MIN(source->size, length);
    if (!source_check_size(source->size, what, error))
        return NULL;
    self->direct_fd = open_direct(fd);

    return g_steal_pointer(&source);
}

Source *
file_source_new(int fd, const char *what, GError **error)
{
    return file_source_new_part(fd, G_MAXUINT64, what, error);
}

Source *
file_source_open(int dirfd, const char *path, GError **error)
{
    struct stat st;
    int fd = fd_open_data(dirfd, path, 0, &st);

    if (fd >= 0)
        return file_source_new(fd, path, error);
    if (errno == EMEDIUMTYPE)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("'%s' is neither a regular file nor a block device"), path);
    else
        virt_snap_error_set_errno(error, errno, _("Cannot open '%s'"), path);

    return NULL;
}
