/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * image_end_check:
 * @fd: a qcow2 image that nobody writes to
 * @size: its size in bytes
 * @what: its path, for errors
 *
 * Checks that the image does not end before something that it refers to: tables and clusters,
 * including those of internal snapshots and bitmaps. The end may lie within a data cluster, because
 * QEMU creates such images (and reads zeros there), but not within a table or a compressed cluster.
 * `qemu-img check` has the same rule for data; it does not detect truncated tables and compressed
 * clusters.
 *
 * It takes two reads if the reference counts say that no cluster behind the last complete one is in
 * use; otherwise, and if the reference counts are not up to date, all L2 tables are read. Source:
 * QEMU docs/interop/qcow2.txt, qcow2_inc_refcounts_imrt().
 *
 * Returns: FALSE with CORRUPT if the image refers to something behind its end.
 */
gboolean image_end_check(int fd, guint64 size, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** image_end_check_tables: Does the same as image_end_check() but always reads all tables. It is
 * for an image whose @size was computed from the reference counts, which would make checking them
 * pointless. */
gboolean image_end_check_tables(int fd, guint64 size, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
