/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/sink.h"

G_BEGIN_DECLS

/**
 * file_sink_new:
 * @dirfd: directory
 * @name: the file to create in it, with mode 0600; ALREADY_EXISTS if it exists
 * @size: its size in bytes
 * @mode: the permissions that flush() gives it, when it is complete
 *
 * A sink that writes a local file, with direct I/O if the file system supports that. flush() makes
 * the file durable.
 */
Sink *file_sink_new(int dirfd, const char *name, guint64 size, mode_t mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** file_sink_reopen: Opens an incomplete file that file_sink_new() created in an earlier run, to
 * resume it; NOT_FOUND if it does not exist, CORRUPT if it has another size. */
Sink *file_sink_reopen(int dirfd, const char *name, guint64 size, mode_t mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
