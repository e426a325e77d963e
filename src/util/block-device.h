/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What the kernel says of a block device. The times of its node say nothing: who writes through
 * another node of the same device (libvirt gives each QEMU a /dev of its own) does not change them,
 * and udev changes them as it likes. Source: Linux, Documentation/ABI/stable/sysfs-block. */

typedef struct {
    guint64 number;   /* of the device, as st_rdev has it */
    guint64 bytes;    /* how large it is */
    gsize sector;     /* bytes of a logical sector, of which a direct transfer has whole ones */
    guint64 sequence; /* another one for each device that appears and each change of its medium or
                       * file; 0: the kernel does not tell (before 5.15) */
    guint64 written;  /* sectors of 512 bytes that were written or discarded, from whatever node */
    gboolean counts;  /* whether the kernel counts those */
} BlockDevice;

/**
 * block_device_settle:
 * @fd: a block device, open for reading
 * @what: its path, for errors
 *
 * Has what others wrote to the page cache written to the device, and the rest of what is cached of
 * it forgotten: another host, or a device below, may have written since. Returns: FALSE if
 * something that was written is lost.
 */
gboolean block_device_settle(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** block_device_look: Fills in @device for the one that is open as @fd. */
gboolean block_device_look(int fd, const char *what, BlockDevice *device, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** block_device_is_same: Returns: FALSE if @now is another device than @then, or has another size,
 * or something was written to it in between that the kernel knows of. */
gboolean block_device_is_same(const BlockDevice *then, const BlockDevice *now);

G_END_DECLS
