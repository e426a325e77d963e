/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "util/block-device.h"

/* This ioctl came with Linux 5.15; the installed kernel headers may be older. */
#ifndef BLKGETDISKSEQ
#define BLKGETDISKSEQ _IOR(0x12, 128, guint64)
#endif

/* The content of the attribute @name of the device in /sys, or NULL if it cannot be read. */
static char *
read_attribute(guint64 number, const char *name)
{
    g_autofree char *path =
        g_strdup_printf("/sys/dev/block/%u:%u/%s", major(number), minor(number), name);
    char *text = NULL;

    return g_file_get_contents(path, &text, NULL, NULL) ? text : NULL;
}

/* Whether the kernel counts the sectors written (queue/iostats). A partition has no queue of its
 * own: there the setting of its disk decides. */
static gboolean
does_count(guint64 number)
{
    g_autofree char *own = read_attribute(number, "queue/iostats");
    g_autofree char *disk = own ? NULL : read_attribute(number, "../queue/iostats");
    const char *text = own ? own : disk;

    return text && *text == '1';
}

static void
read_counts(BlockDevice *device)
{
    g_autofree char *text = read_attribute(device->number, "stat");
    unsigned long long written, discarded = 0;
    int n = text ? sscanf(text,
                          "%*u %*u %*u %*u %*u %*u %llu %*u %*u %*u %*u %*u %*u %llu",
                          &written, &discarded)
                 : 0;

    device->counts = n >= 1 && does_count(device->number);
    device->written = device->counts ? written + discarded : 0;
}

gboolean
block_device_settle(int fd, const char *what, GError **error)
{
    if (fsync(fd) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot have the device '%s' written back"),
                                  what);
        return FALSE;
    }
    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);

    return TRUE;
}

gboolean
block_device_look(int fd, const char *what, BlockDevice *device, GError **error)
{
    struct stat st;
    int sector = 0;

    *device = (BlockDevice){0};
    if (fstat(fd, &st) < 0 || ioctl(fd, BLKGETSIZE64, &device->bytes) < 0 ||
        ioctl(fd, BLKSSZGET, &sector) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at the device '%s'"), what);
        return FALSE;
    }
    device->number = st.st_rdev;
    device->sector = (gsize)sector;
    if (ioctl(fd, BLKGETDISKSEQ, &device->sequence) < 0)
        device->sequence = 0;
    read_counts(device);

    return TRUE;
}

gboolean
block_device_is_same(const BlockDevice *then, const BlockDevice *now)
{
    return then->number == now->number && then->bytes == now->bytes &&
           then->sequence == now->sequence && then->written == now->written;
}
