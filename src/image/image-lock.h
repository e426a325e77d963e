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
 * Holds, as long as @fd is open, the lock that a QEMU holds which reads the image and lets nobody
 * write to it (QEMU block/file-posix.c: OFD read locks on bytes 100+n for what is done and 200+n
 * for what is not allowed to others). So no domain can start to write to it, and no block commit
 * into it can begin. QEMU locks block devices in the same way, but such a lock is that of a node,
 * and libvirt usually gives each QEMU nodes of its own (namespaces of mounts): BlockDevice has what
 * is known of a device besides.
 *
 * Returns: FALSE with IN_USE if somebody is writing to the image now; NOT_SUPPORTED if its file
 * system has no such locks.
 */
gboolean image_lock_acquire(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * image_lock_probe:
 * Returns: what image_lock_acquire() would, but takes nothing: even for a moment its lock could
 * make a domain fail to start.
 */
gboolean image_lock_probe(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * image_lock_is_used:
 * Returns: whether somebody has the image @fd, open for reading, open for any purpose, as far as
 * locks tell: a domain that runs on it or on an overlay of it, qemu-nbd, an export.
 */
gboolean image_lock_is_used(int fd);

G_END_DECLS
