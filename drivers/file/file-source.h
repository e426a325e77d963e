/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * file_source_new:
 * @fd: a regular file or a block device, open for reading; the source owns it from now on, also on
 * error
 * @what: its name in errors
 *
 * A source that reads a local file or device, with direct I/O where possible, and without updating
 * its access time where permitted. Its state (size and mtime; for a device the kernel's counters)
 * is remembered, and check() fails with IN_USE if the state has changed.
 */
Source *file_source_new(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** file_source_new_part: A source of the first @length bytes of @fd, otherwise as
 * file_source_new(). */
Source *file_source_new_part(int fd, guint64 length, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** file_source_open: Opens @path and makes a source of it as file_source_new() does. Anything but a
 * regular file or block device is refused without opening it. */
Source *file_source_open(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
