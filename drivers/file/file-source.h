/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * file_source_new:
 * @fd: a regular file or a block device, open for reading; the source owns it from now on, also on
 * error
 * @what: what to call it in errors
 *
 * Reads a local file or device: by direct I/O where that is possible, without touching its access
 * time where we may. Its state (size, modification time; of a device what the kernel counts) is
 * kept, and check() fails with IN_USE if it has another one then.
 */
Source *file_source_new(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** file_source_new_part: The same, of the first @length bytes only. */
Source *file_source_new_part(int fd, guint64 length, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** file_source_open: The same of the file or device @path, which is not opened if it is something
 * else. */
Source *file_source_open(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
