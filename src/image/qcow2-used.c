/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "image/qcow2-used.h"
#include "util/big-endian.h"
#include "util/fd.h"

/* QEMU's limit for the size of the refcount table in bytes. */
#define REFCOUNT_TABLE_MAX ((guint64)8 << 20)
#define REFCOUNT_BLOCK_MASK (~(guint64)511)

typedef struct {
    int fd;
    const Qcow2Header *header;
    const char *what;
    guint64 cluster; /* bytes */
    guint64 bytes;   /* size of the file or block device */
} Used;

static gboolean
corrupt_refcounts(const Used *self, const char *complaint, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' is no sound qcow2 image: %s; 'qemu-img check' tells more"), self->what,
                complaint);
    return FALSE;
}

/* Reads a table of big-endian numbers; owned by the caller. */
static guint8 *
read_refcounts(const Used *self, guint64 offset, gsize length, GError **error)
{
    g_autofree guint8 *table = NULL;

    if (length > self->bytes || offset > self->bytes - length) {
        corrupt_refcounts(self, _("its reference counts lie behind its end"), error);
        return NULL;
    }
    table = g_malloc(length + 1);
    if (!fd_pread_all(self->fd, table, length, offset, self->what, error))
        return NULL;

    return g_steal_pointer(&table);
}

/* The index of the last reference count in @byte that is not 0, for counts of less than 8 bits. */
static guint64
last_in_byte(guint8 byte, guint bits)
{
    guint last = 8 / bits - 1;

    while (last > 0 && (byte >> last * bits & ((1 << bits) - 1)) == 0)
        last--;

    return last;
}

/* The number of reference counts in @block up to and including the last that is not 0. */
static guint64
count_used(const Used *self, const guint8 *block)
{
    guint bits = (1u << self->header->refcount_order);
    gsize n = self->cluster;

    while (n > 0 && block[n - 1] == 0)
        n--;
    if (n == 0)
        return 0;
    if (bits >= 8)
        return (n - 1) / (bits / 8) + 1;

    return (n - 1) * (8 / bits) + last_in_byte(block[n - 1], bits) + 1;
}

/* *@clusters: the number of clusters up to and including the last that is in use. */
static gboolean
find_last_used(const Used *self, const guint8 *table, guint64 n, guint64 *clusters, GError **error)
{
    guint64 in_block = self->cluster * 8 / (1u << self->header->refcount_order);

    for (guint64 i = n; i > 0; i--) {
        guint64 offset = get64(table + (i - 1) * 8) & REFCOUNT_BLOCK_MASK;
        g_autofree guint8 *block = NULL;
        guint64 used;

        if (offset == 0)
            continue;
        block = read_refcounts(self, offset, (gsize)self->cluster, error);
        if (!block)
            return FALSE;
        used = count_used(self, block);
        if (used == 0)
            continue;
        *clusters = (i - 1) * in_block + used;
        return TRUE;
    }

    return corrupt_refcounts(self, _("its reference counts say that it takes nothing"), error);
}

gboolean
qcow2_used_bytes(int fd, const Qcow2Header *header, guint64 size, const char *what,
                 guint64 *bytes, GError **error)
{
    Used self = {fd, header, what, (guint64)1 << header->cluster_bits, size};
    guint64 length = (guint64)header->refcount_clusters << header->cluster_bits;
    g_autofree guint8 *table = NULL;
    guint64 clusters = 0;

    *bytes = size;
    if (header->incompatible & QCOW2_INCOMPATIBLE_DIRTY)
        return TRUE;
    if (length > REFCOUNT_TABLE_MAX)
        return corrupt_refcounts(&self, _("its table of reference counts is too large"), error);
    table = read_refcounts(&self, header->refcount_offset, (gsize)length, error);
    if (!table || !find_last_used(&self, table, length / 8, &clusters, error))
        return FALSE;
    if (clusters - 1 > (size - 1) >> header->cluster_bits)
        return corrupt_refcounts(&self,
                                 _("it takes more than there is: was the device made smaller?"),
                                 error);
    *bytes = MIN(clusters << header->cluster_bits, size);

    return TRUE;
}
