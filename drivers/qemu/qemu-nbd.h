/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* A qemu-nbd process that reads an image for us. It gets its listening socket by systemd's socket
 * activation protocol, so that nothing has to be polled for and no port or path can be guessed;
 * where we are allowed to, it lives in a mount namespace of its own in which everything is
 * read-only and no access time is kept, so that it cannot touch a source whatever it is given. */

typedef struct QemuNbd QemuNbd;

/**
 * qemu_nbd_start:
 * @image: a json: description of the image for QEMU
 * @snapshot: (nullable): name of an internal snapshot to read
 * @what: what is read, for errors
 *
 * Starts qemu-nbd (read-only). That the image can be opened shows at the first connection only.
 * Returns: owned by the caller.
 */
QemuNbd *qemu_nbd_start(const char *image, const char *snapshot, const char *what,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemu_nbd_set_size:
 * @size: bytes that are to be read
 *
 * Until it is called the process may use the processor time that it takes to open an image, and
 * from then on what so much needs (child_limits_for()). Its memory is limited from the beginning.
 */
void qemu_nbd_set_size(QemuNbd *self, guint64 size);

/**
 * qemu_nbd_connect:
 * Returns: a connected socket, owned by the caller, or -1. May be called from any thread.
 */
int qemu_nbd_connect(QemuNbd *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemu_nbd_complaint:
 * Returns: what qemu-nbd printed before it ended, or NULL if it still runs; owned by the caller.
 */
char *qemu_nbd_complaint(QemuNbd *self);

/**
 * qemu_nbd_words:
 * Returns: what qemu-nbd printed since it was last asked, or NULL if that is nothing; owned by the
 * caller. It tells there why it leaves a client, and runs on.
 */
char *qemu_nbd_words(QemuNbd *self);

/** Ends the process, waits for it, and removes its socket. NULL is fine. */
void qemu_nbd_free(QemuNbd *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(QemuNbd, qemu_nbd_free)

G_END_DECLS
