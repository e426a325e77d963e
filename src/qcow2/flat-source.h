/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/source.h"

G_BEGIN_DECLS

/* A qcow2 image that is not stored anywhere: what a guest sees of a disk, given as the bytes of a
 * standalone qcow2 file. Which guest clusters hold data is known before the first byte is read,
 * so every table and every place in the file follows by arithmetic. The engine can then treat it
 * like any file: blocks out of order, several workers, the digest in the same pass. */

/**
 * flat_source_new:
 * @guest: what the guest sees; the source owns it from now on, also on error
 * @what: what to call it in errors
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
