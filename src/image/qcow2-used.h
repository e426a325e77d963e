/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"

G_BEGIN_DECLS

/* How much of a block device the qcow2 image on it takes: what is behind that is nobody's. Source:
 * QEMU docs/interop/qcow2.txt, "Host cluster management". */

/**
 * qcow2_used_bytes:
 * @fd: the image, open for reading
 * @size: bytes of what it lies on
 * @what: its path, for errors
 * @bytes: (out): where the last cluster ends that the image's reference counts know; @size for one
 * that was not closed, whose counts are not up to date
 *
 * Whether its tables refer to something behind that is for image_end_check_tables().
 *
 * Returns: FALSE with CORRUPT if the counts make no sense, or need more than there is.
 */
gboolean qcow2_used_bytes(int fd, const Qcow2Header *header, guint64 size, const char *what,
                          guint64 *bytes, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
