/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/**
 * nbd_source_open:
 * @image: a "json:" description of an image for QEMU
 * @snapshot: (nullable): name of an internal snapshot to read instead of the present state
 * @what: what is read, for errors
 *
 * A source of the disk as a guest sees it, read through qemu-nbd; its size is the virtual size of
 * the disk. Each worker has its own NBD connection, made when it first reads.
 * Returns: owned by the caller; an error includes the message of qemu-nbd.
 */
Source *nbd_source_open(const char *image, const char *snapshot, const char *what,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * nbd_source_connect:
 * @socket: path of the unix socket of a running NBD server
 * @name: name of the export
 * @what: what is read, for errors
 *
 * A source of the export @name of a server that somebody else runs. Returns: owned by the caller.
 */
Source *nbd_source_connect(const char *socket, const char *name, const char *what,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * nbd_source_find_dirty:
 * @bitmap: name of the dirty bitmap that the server has beside the export
 * @extents: (element-type Extent): the whole disk is added, in order; data is what has changed
 *
 * Reads no data. The other parameters are those of nbd_source_connect().
 */
gboolean nbd_source_find_dirty(const char *socket, const char *name, const char *bitmap,
                               const char *what, GArray *extents, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
