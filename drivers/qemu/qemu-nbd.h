/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* A qemu-nbd process that serves an image. It gets its listening socket by systemd's socket
 * activation protocol, so that no polling is needed and nobody can guess a port or path. Where
 * permitted it runs in a mount namespace of its own in which everything is read-only and access
 * times are not updated, so that it cannot change a source whatever the image is. */

typedef struct QemuNbd QemuNbd;

/**
 * qemu_nbd_start:
 * @image: a "json:" description of the image for QEMU
 * @snapshot: (nullable): name of an internal snapshot to read instead of the present state
 * @what: name of the image in errors
 *
 * Starts a read-only qemu-nbd. Only the first connection shows whether it could open the image.
 * Returns: owned by the caller.
 */
QemuNbd *qemu_nbd_start(const char *image, const char *snapshot, const char *what,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemu_nbd_set_size:
 * @size: virtual size of the disk in bytes
 *
 * Raises the limit of the processor time to that for reading @size bytes (child_limits_for());
 * before, it only suffices to open the image. The memory is limited from the beginning.
 */
void qemu_nbd_set_size(QemuNbd *self, guint64 size);

/**
 * qemu_nbd_connect:
 * Returns: a connected socket, owned by the caller, or -1. May be called from any thread.
 */
int qemu_nbd_connect(QemuNbd *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemu_nbd_complaint:
 * Returns: the output of qemu-nbd if it has exited, NULL if it still runs; owned by the caller.
 */
char *qemu_nbd_complaint(QemuNbd *self);

/**
 * qemu_nbd_words:
 * Returns: what qemu-nbd has printed since the last call, NULL for nothing; owned by the caller. It
 * prints there why it disconnects a client while it keeps running.
 */
char *qemu_nbd_words(QemuNbd *self);

/** Ends the process, waits for it, and removes its socket. NULL is allowed. */
void qemu_nbd_free(QemuNbd *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuNbd, qemu_nbd_free)

G_END_DECLS
