/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* How a qcow2 image is laid out: what entries of its tables mean, and what the images that are
 * written here have in common. Source: QEMU docs/interop/qcow2.txt. */

/* In an L1 or L2 entry: the refcount of what it refers to is exactly one. */
#define QCOW2_COPIED ((guint64)1 << 63)
/* In an L2 entry: the cluster is compressed. */
#define QCOW2_COMPRESSED ((guint64)1 << 62)
/* In an L2 entry: the cluster reads as zeros. */
#define QCOW2_ZERO ((guint64)1)

/* Images are written in clusters of 64 KiB, with refcounts of 16 bits, as QEMU does by itself. */
#define WRITTEN_CLUSTER_BITS 16
#define WRITTEN_CLUSTER ((guint64)1 << WRITTEN_CLUSTER_BITS)
/* Entries of one table, each of 8 bytes, in a cluster. */
#define WRITTEN_ENTRIES (WRITTEN_CLUSTER / 8)
/* Refcounts of one block, each of 2 bytes, in a cluster. */
#define WRITTEN_REFCOUNTS (WRITTEN_CLUSTER / 2)

/** What the header of a written image says. Places are in clusters from the start of the file. */
typedef struct {
    guint64 virtual_size; /* bytes */
    guint64 l1;
    guint64 refcount_table;
    guint64 refcount_table_n; /* clusters */
    gboolean zstd;            /* whether compressed clusters are of zstd, not of zlib */
} WrittenHeader;

/** How many clusters count the references to all clusters of a file. */
typedef struct {
    guint64 blocks;
    guint64 table;
} WrittenRefcounts;

/** units_for: Returns: how many parts of @unit the number @n fills, the last perhaps not whole. */
static inline guint64
units_for(guint64 n, guint64 unit)
{
    return n / unit + (n % unit != 0);
}

/** written_tables: Returns: how many L2 tables a disk of @virtual_size bytes has, none of which
 * need be there. */
guint64 written_tables(guint64 virtual_size);

/** written_l1_clusters: Returns: how many clusters the L1 table of such a disk takes. */
guint64 written_l1_clusters(guint64 virtual_size);

/** written_refcounts: Returns: what a file of @others clusters needs besides, so that all of its
 * clusters are counted, these too. */
WrittenRefcounts written_refcounts(guint64 others);

/** written_header_put: Fills in the beginning of @out, which is a cluster of zeros. */
void written_header_put(guint8 *out, const WrittenHeader *header);

G_END_DECLS
