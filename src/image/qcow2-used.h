/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"

G_BEGIN_DECLS

/* How much of a block device is occupied by the qcow2 image on it. Source: QEMU
 * docs/interop/qcow2.txt, "Host cluster management". */

/**
 * qcow2_used_bytes:
 * @fd: the image, open for reading
 * @size: size of the file or block device in bytes
 * @what: its path, for errors
 * @bytes: (out): end of the last cluster that has a reference count above 0; @size if the image was
 * not closed properly, because its reference counts may be out of date then
 *
 * It is not checked whether the image's tables refer to anything behind *@bytes; that is done by
 * image_end_check_tables().
 *
 * Returns: FALSE with CORRUPT if the reference counts are invalid, or cover more than @size.
 */
gboolean qcow2_used_bytes(int fd, const Qcow2Header *header, guint64 size, const char *what,
                          guint64 *bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
