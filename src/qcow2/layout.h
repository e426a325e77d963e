/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The layout of qcow2 images: flags in the entries of tables, and what all images written by
 * virtsnap have in common. Source: QEMU docs/interop/qcow2.txt. */

/* In an L1 or L2 entry: the refcount of the cluster that it refers to is exactly one. */
#define QCOW2_COPIED ((guint64)1 << 63)
/* In an L2 entry: the cluster is compressed. */
#define QCOW2_COMPRESSED ((guint64)1 << 62)
/* In an L2 entry: the cluster reads as zeros. */
#define QCOW2_ZERO ((guint64)1)

/* Images are written with clusters of 64 KiB and refcounts of 16 bits, QEMU's defaults. */
#define WRITTEN_CLUSTER_BITS 16
#define WRITTEN_CLUSTER ((guint64)1 << WRITTEN_CLUSTER_BITS)
/* Number of table entries of 8 bytes in a cluster. */
#define WRITTEN_ENTRIES (WRITTEN_CLUSTER / 8)
/* Refcounts have 1 << 4 bits. */
#define WRITTEN_REFCOUNT_ORDER 4
/* Number of refcounts of 2 bytes in a cluster. */
#define WRITTEN_REFCOUNTS (WRITTEN_CLUSTER / 2)

/** The variable content of the header of a written image. Positions are in clusters from the start
 * of the file. */
typedef struct {
    guint64 virtual_size; /* bytes */
    guint64 l1;
    guint64 refcount_table;
    guint64 refcount_table_n; /* clusters */
    gboolean zstd;            /* whether compressed clusters use zstd instead of zlib */
} WrittenHeader;

/** Number of clusters that the reference counts of a file take. */
typedef struct {
    guint64 blocks;
    guint64 table;
} WrittenRefcounts;

/** units_for: Returns: @n divided by @unit, rounded up. */
static inline guint64
units_for(guint64 n, guint64 unit)
{
    return n / unit + (n % unit != 0);
}

/** written_tables: Returns: the maximal number of L2 tables of a disk of @virtual_size bytes. */
guint64 written_tables(guint64 virtual_size);

/** written_l1_clusters: Returns: the number of clusters that the L1 table of a disk of
 * @virtual_size bytes takes. */
guint64 written_l1_clusters(guint64 virtual_size);

/** written_refcounts: Returns: the number of clusters that the reference counts need in a file that
 * has @others other clusters. They count themselves, too. */
WrittenRefcounts written_refcounts(guint64 others);

/** written_refcounts_put: Makes @out, a cluster, the refcount block with the number @block of a
 * file of @total clusters, each of which is used once. */
void written_refcounts_put(guint8 *out, guint64 block, guint64 total);

/** written_header_put: Writes the header to the beginning of @out, a cluster of zeros. */
void written_header_put(guint8 *out, const WrittenHeader *header);

G_END_DECLS
