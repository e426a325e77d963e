/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/* A generated qcow2 image: a source whose bytes are those of a standalone qcow2 file with the
 * content of a disk. The block map of the disk is known before the first byte is read, so all
 * tables and the position of each cluster in the file can be computed. So the engine treats it like
 * any other file: it reads blocks in any order with several workers and computes the digest in the
 * same pass. */

/**
 * flat_source_new:
 * @guest: the content of the disk; the new source owns it from now on, also on error
 * @what: its name in errors
 *
 * Reads the block map of @guest and lays out the file: header, L1 table, refcounts, L2 tables,
 * then the data clusters in the guest's order. Returns: owned by the caller.
 */
Source *flat_source_new(Source *guest, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * flat_source_new_above:
 * @backing_name: of the image below, as it is to stand in the header
 * @backing_format: "qcow2" or "raw"
 *
 * The same for an image above another one: the holes of @guest are what it leaves to that, and all
 * else, zeros included, is its own.
 */
Source *flat_source_new_above(Source *guest, const char *backing_name, const char *backing_format,
                              const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
