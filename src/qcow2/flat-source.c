/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "image/qcow2-header.h"
#include "qcow2/flat-source.h"
#include "qcow2/layout.h"
#include "util/big-endian.h"
#include "util/ranked-bits.h"

#define CLUSTER WRITTEN_CLUSTER
/* The block map is queried in steps of this size to limit the memory for its extents. */
#define MAP_STEP ((guint64)4 << 30)

/* The layout of the file, in clusters from its start; cluster 0 is the header. */
typedef struct {
    guint64 l1, l1_n;
    WrittenRefcounts refcounts;
    guint64 refcount_table, refcount_blocks;
    guint64 l2, l2_n;
    guint64 data, data_n;
    guint64 total;
} Layout;

typedef struct {
    Source parent;
    Source *guest;      /* owned */
    GBytes *header;     /* its first cluster */
    RankedBits *data;   /* the guest clusters that have data */
    RankedBits *tables; /* the L2 tables that are needed, by their index in the L1 table */
    Layout layout;
} FlatSource;

/* Once the layout is known. */
static gboolean
make_header(FlatSource *self, const char *backing_name, const char *backing_format, GError **error)
{
    g_autofree guint8 *out = g_malloc0(CLUSTER);
    WrittenHeader header = {
        .virtual_size = self->guest->size,
        .l1 = self->layout.l1,
        .refcount_table = self->layout.refcount_table,
        .refcount_table_n = self->layout.refcounts.table,
    };

    written_header_put(out, &header);
    if (backing_name)
        self->header = qcow2_header_patch(out, CLUSTER, backing_name, backing_format,
                                          self->parent.what, error);
    else
        self->header = g_bytes_new_take(g_steal_pointer(&out), CLUSTER);

    return self->header != NULL;
}

static void
fill_l1(FlatSource *self, guint64 cluster, guint8 *out)
{
    for (guint64 i = 0; i < WRITTEN_ENTRIES; i++) {
        guint64 table = cluster * WRITTEN_ENTRIES + i;

        if (ranked_bits_has(self->tables, table))
            put64(out + i * 8, (self->layout.l2 + ranked_bits_rank(self->tables, table)) * CLUSTER |
                                   QCOW2_COPIED);
    }
}

static void
fill_refcount_table(FlatSource *self, guint64 cluster, guint8 *out)
{
    for (guint64 i = 0; i < WRITTEN_ENTRIES; i++) {
        guint64 block = cluster * WRITTEN_ENTRIES + i;

        if (block < self->layout.refcounts.blocks)
            put64(out + i * 8, (self->layout.refcount_blocks + block) * CLUSTER);
    }
}

static void
fill_l2(FlatSource *self, guint64 rank, guint8 *out)
{
    guint64 first = ranked_bits_select(self->tables, rank) * WRITTEN_ENTRIES;
    guint64 place = ranked_bits_rank(self->data, first);

    for (guint64 i = 0; i < WRITTEN_ENTRIES; i++) {
        if (ranked_bits_has(self->data, first + i))
            put64(out + i * 8, (self->layout.data + place++) * CLUSTER | QCOW2_COPIED);
    }
}

/* Computes one whole metadata cluster from the layout. */
static void
fill_metadata(FlatSource *self, guint64 cluster, guint8 *out)
{
    const Layout *l = &self->layout;

    memset(out, 0, CLUSTER);
    if (cluster == 0)
        memcpy(out, g_bytes_get_data(self->header, NULL), CLUSTER);
    else if (cluster < l->refcount_table)
        fill_l1(self, cluster - l->l1, out);
    else if (cluster < l->refcount_blocks)
        fill_refcount_table(self, cluster - l->refcount_table, out);
    else if (cluster < l->l2)
        written_refcounts_put(out, cluster - l->refcount_blocks, l->total);
    else
        fill_l2(self, cluster - l->l2, out);
}

/* Reads consecutive guest clusters, of which the last one of the disk may be shorter. */
static gboolean
read_guest_clusters(FlatSource *self, guint worker, guint8 *out, guint64 offset, gsize length,
                    GError **error)
{
    gsize have = (gsize)MIN(length, self->guest->size - MIN(offset, self->guest->size));

    memset(out + have, 0, length - have);
    if (have == 0)
        return TRUE;

    return self->guest->ops->read(self->guest, worker, out, offset, have, error);
}

/* Reads data clusters. They are stored in guest order, so consecutive guest clusters are read at
 * once. */
static gboolean
read_data_clusters(FlatSource *self, guint worker, guint8 *out, guint64 offset, gsize length,
                   GError **error)
{
    guint64 place = offset / CLUSTER - self->layout.data;
    guint64 skip = offset % CLUSTER;
    guint64 cluster = ranked_bits_select(self->data, place);

    while (length > 0) {
        guint64 run = 1;
        gsize part;

        while (run * CLUSTER - skip < length && ranked_bits_has(self->data, cluster + run))
            run++;
        part = (gsize)MIN(run * CLUSTER - skip, length);
        if (!read_guest_clusters(self, worker, out, cluster * CLUSTER + skip, part, error))
            return FALSE;
        out += part;
        length -= part;
        place += run;
        skip = 0;
        if (length > 0)
            cluster = ranked_bits_select(self->data, place);
    }

    return TRUE;
}

static void
read_metadata_clusters(FlatSource *self, guint8 *out, guint64 offset, gsize length)
{
    g_autofree guint8 *cluster = g_malloc(CLUSTER);

    while (length > 0) {
        gsize skip = (gsize)(offset % CLUSTER);
        gsize part = (gsize)MIN(CLUSTER - skip, length);

        fill_metadata(self, offset / CLUSTER, cluster);
        memcpy(out, cluster + skip, part);
        out += part;
        offset += part;
        length -= part;
    }
}

static gboolean
flat_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                 GError **error)
{
    FlatSource *self = (FlatSource *)source;
    guint64 data_start = self->layout.data * CLUSTER;
    gsize metadata = offset < data_start ? (gsize)MIN(length, data_start - offset) : 0;

    read_metadata_clusters(self, buffer, offset, metadata);
    if (metadata == length)
        return TRUE;

    return read_data_clusters(self, worker, (guint8 *)buffer + metadata, offset + metadata,
                              length - metadata, error);
}

static gboolean
flat_source_check(Source *source, GError **error)
{
    FlatSource *self = (FlatSource *)source;

    return !self->guest->ops->check || self->guest->ops->check(self->guest, error);
}

static void
flat_source_free(Source *source)
{
    FlatSource *self = (FlatSource *)source;

    source_free(self->guest);
    ranked_bits_free(self->data);
    ranked_bits_free(self->tables);
    if (self->header)
        g_bytes_unref(self->header);
    g_free(source->what);
    g_free(self);
}

static const SourceOps flat_source_ops = {
    .name = "flat",
    .read = flat_source_read,
    .check = flat_source_check,
    .free = flat_source_free,
};

/* Queries the extents of the guest; a source without extents is all data. */
static gboolean
map_guest(Source *guest, guint64 offset, guint64 length, GArray *extents, GError **error)
{
    Extent all = {offset, length, TRUE};

    if (guest->ops->extents)
        return guest->ops->extents(guest, 0, offset, length, extents, error);
    g_array_append_val(extents, all);

    return TRUE;
}

static gboolean
find_flat_data(FlatSource *self, GError **error)
{
    g_autoptr(GArray) extents = g_array_new(FALSE, FALSE, sizeof(Extent));
    guint64 clusters = units_for(self->guest->size, CLUSTER);

    for (guint64 at = 0; at < self->guest->size; at += MAP_STEP) {
        guint64 length = MIN(MAP_STEP, self->guest->size - at);

        g_array_set_size(extents, 0);
        if (!map_guest(self->guest, at, length, extents, error))
            return FALSE;
        for (guint i = 0; i < extents->len; i++) {
            const Extent *extent = &g_array_index(extents, Extent, i);

            if (extent->data)
                ranked_bits_set(self->data, extent->offset / CLUSTER,
                                units_for(extent->offset + extent->length, CLUSTER));
        }
    }
    ranked_bits_index(self->data);
    for (guint64 table = 0; table * WRITTEN_ENTRIES < clusters; table++) {
        guint64 first = table * WRITTEN_ENTRIES;

        if (ranked_bits_any(self->data, first, MIN(first + WRITTEN_ENTRIES, clusters)))
            ranked_bits_set(self->tables, table, table + 1);
    }
    ranked_bits_index(self->tables);

    return TRUE;
}

static void
lay_out(FlatSource *self)
{
    Layout *l = &self->layout;
    guint64 others;

    l->l1_n = written_l1_clusters(self->guest->size);
    l->l2_n = ranked_bits_count(self->tables);
    l->data_n = ranked_bits_count(self->data);
    others = 1 + l->l1_n + l->l2_n + l->data_n;
    l->refcounts = written_refcounts(others);
    l->total = others + l->refcounts.table + l->refcounts.blocks;
    l->l1 = 1;
    l->refcount_table = l->l1 + l->l1_n;
    l->refcount_blocks = l->refcount_table + l->refcounts.table;
    l->l2 = l->refcount_blocks + l->refcounts.blocks;
    l->data = l->l2 + l->l2_n;
}

/* Computes the fingerprint of the block map, from which the rest of the layout follows. */
static void
take_fingerprint(FlatSource *self)
{
    g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);
    gsize length = DIGEST_BYTES;

    ranked_bits_checksum(self->data, checksum);
    g_checksum_get_digest(checksum, self->parent.layout, &length);
}

static Source *
new_source(Source *guest, const char *backing_name, const char *backing_format, const char *what,
           GError **error)
{
    FlatSource *self = g_new0(FlatSource, 1);
    g_autoptr(Source) source = &self->parent;
    guint64 clusters = units_for(guest->size, CLUSTER);

    source->ops = &flat_source_ops;
    source->what = g_strdup(what);
    self->guest = guest;
    self->data = ranked_bits_new(clusters);
    self->tables = ranked_bits_new(written_tables(guest->size));
    if (!self->data || !self->tables) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot map the disk of '%s'"), what);
        return NULL;
    }
    if (!find_flat_data(self, error))
        return NULL;
    lay_out(self);
    source->size = self->layout.total * CLUSTER;
    if (!make_header(self, backing_name, backing_format, error))
        return NULL;
    take_fingerprint(self);

    return g_steal_pointer(&source);
}

Source *
flat_source_new(Source *guest, const char *what, GError **error)
{
    return new_source(guest, NULL, NULL, what, error);
}

Source *
flat_source_new_above(Source *guest, const char *backing_name, const char *backing_format,
                      const char *what, GError **error)
{
    return new_source(guest, backing_name, backing_format, what, error);
}
