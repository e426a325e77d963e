/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * image_lock_acquire:
 * @fd: an image, open for reading
 * @what: its path, for errors
 *
 * Takes the lock of a QEMU that reads the image and allows nobody to write to it (QEMU
 * block/file-posix.c: OFD read locks on byte 100+n for each permission n that is used, on byte
 * 200+n for each that is not shared). It is held until @fd is closed. While it is held no domain
 * can start to write to the image and no block commit into it can begin. QEMU locks block devices
 * in the same way, but such a lock belongs to the device node, and libvirt usually gives each QEMU
 * nodes in a mount namespace of its own: changes of a device are detected with BlockDevice.
 *
 * Returns: FALSE with IN_USE if somebody is writing to the image now; NOT_SUPPORTED if its file
 * system has no such locks.
 */
gboolean image_lock_acquire(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * image_lock_probe:
 * Checks whether another process holds a conflicting lock, without taking the lock itself: even if
 * it were held only for a moment, a domain that starts just then would fail. Returns: the same as
 * image_lock_acquire().
 */
gboolean image_lock_probe(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * image_lock_is_used:
 * Returns: whether somebody has the image @fd, open for reading, open for any purpose, as far as
 * locks tell: a domain that runs on it or on an overlay of it, qemu-nbd, an export.
 */
gboolean image_lock_is_used(int fd);

G_END_DECLS
