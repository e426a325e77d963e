/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What the kernel reports about a block device. The times of its device node do not tell whether
 * the content has changed: a write through another node of the same device (libvirt gives each QEMU
 * a /dev of its own) leaves them as they are, and udev changes them without any write. Source:
 * Linux, Documentation/ABI/stable/sysfs-block. */

typedef struct {
    guint64 number;   /* device number, as in st_rdev */
    guint64 bytes;    /* size of the device */
    gsize sector;     /* bytes of a logical sector; direct I/O transfers whole sectors */
    guint64 sequence; /* a number that the kernel increases for each new device and each change of
                       * its medium or backing file; 0: the kernel does not report it (before
                       * 5.15) */
    guint64 written;  /* sectors of 512 bytes that were written or discarded, through any node */
    gboolean counts;  /* TRUE if the kernel counts written sectors */
} BlockDevice;

/**
 * block_device_settle:
 * @fd: a block device, open for reading
 * @what: its path, for errors
 *
 * Flushes to the device what others wrote to its page cache, and drops its clean pages from the
 * cache, because another host or a device below may have changed the data since it was cached.
 * Returns: FALSE with an error if writing back failed, so that data may be lost.
 */
gboolean block_device_settle(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** block_device_look: Fills in @device for the block device that is open as @fd; @what is its path,
 * for errors. */
gboolean block_device_look(int fd, const char *what, BlockDevice *device, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** block_device_is_same: Returns: FALSE if @now is not the same device as @then, has another size,
 * or if the kernel counted writes to it in between. */
gboolean block_device_is_same(const BlockDevice *then, const BlockDevice *now);

G_END_DECLS
