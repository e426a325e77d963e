/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Operations of qemu-img on images that virtsnap has created. */

/**
 * qemu_img_create:
 * @dirfd: the directory of @name
 * @backing: absolute path of the backing file, which need not exist yet
 * @format: format of the backing file, "qcow2" or "raw"
 * @size: virtual size in bytes
 *
 * `qemu-img create -u`: creates an empty qcow2 image with a backing file. Returns: FALSE with
 * FAILED and QEMU's message.
 */
gboolean qemu_img_create(int dirfd, const char *name, const char *backing, const char *format,
                         guint64 size, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemu_img_apply:
 * @fd: a qcow2 image, open for writing
 * @snapshot: id or name of an internal snapshot in it
 *
 * `qemu-img snapshot -a`: reverts the image to @snapshot. Its backing file is not opened. Returns:
 * FALSE with FAILED and QEMU's message.
 */
gboolean qemu_img_apply(int fd, const char *snapshot, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
