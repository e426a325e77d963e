/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "image/qcow2-header.h"
#include "qcow2/layout.h"
#include "util/big-endian.h"

#define MAGIC 0x514649fb /* "QFI\xfb" */
#define HEADER_LENGTH 112

guint64
written_tables(guint64 virtual_size)
{
    return units_for(units_for(virtual_size, WRITTEN_CLUSTER), WRITTEN_ENTRIES);
}

/* A disk of size 0 has an L1 table of one cluster, too, because `qemu-img check` would report its
 * cluster as leaked otherwise. */
guint64
written_l1_clusters(guint64 virtual_size)
{
    return MAX(units_for(written_tables(virtual_size), WRITTEN_ENTRIES), 1);
}

WrittenRefcounts
written_refcounts(guint64 others)
{
    WrittenRefcounts counts = {.blocks = 1};

    for (;;) {
        guint64 needed;

        counts.table = units_for(counts.blocks, WRITTEN_ENTRIES);
        needed = units_for(others + counts.blocks + counts.table, WRITTEN_REFCOUNTS);
        if (needed <= counts.blocks)
            return counts;
        counts.blocks = needed;
    }
}

void
written_refcounts_put(guint8 *out, guint64 block, guint64 total)
{
    guint64 first = block * WRITTEN_REFCOUNTS;

    memset(out, 0, WRITTEN_CLUSTER);
    for (guint64 i = 0; i < WRITTEN_REFCOUNTS && first + i < total; i++)
        out[i * 2 + 1] = 1;
}

void
written_header_put(guint8 *out, const WrittenHeader *header)
{
    put32(out, MAGIC);
    put32(out + 4, 3);
    put32(out + 20, WRITTEN_CLUSTER_BITS);
    put64(out + 24, header->virtual_size);
    put32(out + 36, (guint32)MAX(written_tables(header->virtual_size), 1));
    put64(out + 40, header->l1 * WRITTEN_CLUSTER);
    put64(out + 48, header->refcount_table * WRITTEN_CLUSTER);
    put32(out + 56, (guint32)header->refcount_table_n);
    put32(out + 96, WRITTEN_REFCOUNT_ORDER);
    put32(out + 100, HEADER_LENGTH);
    if (!header->zstd)
        return;
    put64(out + 72, QCOW2_INCOMPATIBLE_COMPRESSION);
    out[QCOW2_COMPRESSION_OFFSET] = QCOW2_COMPRESSION_ZSTD;
}
