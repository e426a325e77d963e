/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * image_end_check:
 * @fd: a qcow2 image that nobody writes to
 * @size: bytes of it
 * @what: its path, for errors
 *
 * Whether the image ends behind all that it refers to: tables, clusters, those of internal
 * snapshots and of bitmaps. A cluster of data whose first byte is there may be cut short, for QEMU
 * leaves it so (and reads zeros); a table or what is compressed may not. `qemu-img check` thinks
 * the same of data; where tables and compressed clusters are cut it says nothing.
 *
 * Costs two reads if no cluster that counts as used is behind the last whole one; else, and if the
 * reference counts are not up to date, all L2 tables are read. Source: QEMU
 * docs/interop/qcow2.txt, qcow2_inc_refcounts_imrt().
 *
 * Returns: FALSE with CORRUPT if something is behind its end.
 */
gboolean image_end_check(int fd, guint64 size, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** image_end_check_tables: The same without asking the reference counts: all tables are read. For
 * an image whose end is where its counts say. */
gboolean image_end_check_tables(int fd, guint64 size, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
