/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/sink.h"

G_BEGIN_DECLS

/**
 * file_sink_new:
 * @dirfd: directory
 * @name: the file to create in it, 0600; ALREADY_EXISTS if it is there
 * @size: its bytes
 * @mode: the permissions that it has once it is complete
 *
 * Writes a local file: by direct I/O where its file system takes that. flush() makes it
 * durable.
 */
Sink *file_sink_new(int dirfd, const char *name, guint64 size, mode_t mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** file_sink_reopen: The same for a file that file_sink_new() created earlier, to be gone on with;
 * NOT_FOUND if it is not there, CORRUPT if it is not of this size. */
Sink *file_sink_reopen(int dirfd, const char *name, guint64 size, mode_t mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
