/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * nbd_source_open:
 * @image: a json: description of an image for QEMU
 * @snapshot: (nullable): name of an internal snapshot to read instead of the present state
 * @what: what is read, for errors
 *
 * Opens what a guest would see of the image, read by qemu-nbd; the source's size is the disk's
 * virtual size. One NBD connection a worker, made when the worker first reads.
 * Returns: owned by the caller; the error holds qemu-nbd's own words.
 */
Source *nbd_source_open(const char *image, const char *snapshot, const char *what,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * nbd_source_connect:
 * @socket: of an NBD server, which somebody else runs
 * @name: of the export
 * @what: what is read, for errors
 *
 * The same for what that server has. Returns: owned by the caller.
 */
Source *nbd_source_connect(const char *socket, const char *name, const char *what,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
