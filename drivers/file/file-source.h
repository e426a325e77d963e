/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * file_source_new:
 * @fd: a regular file open for reading; the source owns it from now on, also on error
 * @what: what to call it in errors
 *
 * Reads a local file: by direct I/O where its file system takes that, without touching its
 * access time where we may. Its identity (size, modification time) is kept, and check() fails
 * with IN_USE if it has another one then.
 */
Source *file_source_new(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * file_open_source:
 * Opens @path for reading as sources are opened: no access time (where permitted), never waiting
 * for a FIFO. @flags are added. Returns: descriptor, owned by the caller, or -1.
 */
int file_open_source(int dirfd, const char *path, int flags, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
