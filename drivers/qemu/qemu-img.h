/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* What qemu-img does to images that are ours. */

/**
 * qemu_img_create:
 * @dirfd: the directory that @name is in
 * @backing: absolute path, which need not be there yet, of
 * @format: "qcow2" or "raw"
 * @size: of the disk, bytes
 *
 * `qemu-img create -u`: makes an empty qcow2 image above another one. Returns: FALSE with FAILED
 * and QEMU's own words.
 */
gboolean qemu_img_create(int dirfd, const char *name, const char *backing, const char *format,
                         guint64 size, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qemu_img_apply:
 * @fd: a qcow2 image, open for writing
 * @snapshot: of the internal ones in it
 *
 * `qemu-img snapshot -a`: the image's present state becomes that of @snapshot. What is below the
 * image is not opened. Returns: FALSE with FAILED and QEMU's own words.
 */
gboolean qemu_img_apply(int fd, const char *snapshot, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
