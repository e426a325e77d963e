/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "image/qcow2-header.h"
#include "qcow2/cluster-pack.h"
#include "qcow2/layout.h"
#include "qcow2/packed-region.h"
#include "qcow2/packed-sink.h"
#include "transfer/digest-parts.h"
#include "util/big-endian.h"

#define CLUSTER WRITTEN_CLUSTER
#define SECTOR 512
/* Position of the number of sectors in the L2 entry of a compressed cluster. */
#define SECTORS_SHIFT 54
/* A packer takes 3 MiB. If there are more workers than packers, they wait for one. */
#define PACKERS_MAX 8

/* The buffers that a worker uses while it writes. */
typedef struct {
    PackedRegion *region;
    ClusterPacker *packer;
    DigestSegment *hasher;
} Packer;

typedef struct {
    guint64 index;
    guint64 *entries; /* big endian; owned */
} Table;

typedef struct {
    Sink parent;
    Sink *file; /* owned */
    PackedImage image;
    guint64 clusters; /* number of guest clusters of the disk */
    guint64 n_tables;
    guint packers_max;
    DigestParts *digest;
    GMutex lock; /* guards all below */
    GCond given;          /* signalled when a packer was returned */
    GPtrArray *idle;      /* Packer */
    guint n_packers;      /* number of idle and used packers */
    guint64 next;         /* position of the next region in the file */
    guint16 *settled;     /* for each L2 table, the number of its entries that are final */
    GHashTable *tables;   /* index of an incomplete L2 table -> its entries */
    GQueue ready;         /* Table: complete L2 tables that are not in a region yet */
    guint64 *l1;          /* big endian */
    GArray *refcounts;    /* guint16, big endian, for each cluster of the file */
} PackedSink;

/* --- packers -------------------------------------------------------------- */

static Packer *
packer_new(void)
{
    Packer *packer = g_new0(Packer, 1);

    packer->region = packed_region_new(0);
    packer->packer = cluster_packer_new();
    packer->hasher = digest_segment_new();

    return packer;
}

static void
packer_free(Packer *packer)
{
    packed_region_free(packer->region);
    cluster_packer_free(packer->packer);
    digest_segment_free(packer->hasher);
    g_free(packer);
}

static Packer *
take_packer(PackedSink *self)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    while (self->idle->len == 0 && self->n_packers >= self->packers_max)
        g_cond_wait(&self->given, &self->lock);
    if (self->idle->len > 0)
        return g_ptr_array_steal_index_fast(self->idle, self->idle->len - 1);
    self->n_packers++;

    return packer_new();
}

static void
return_packer(PackedSink *self, Packer *packer)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    g_ptr_array_add(self->idle, packer);
    g_cond_signal(&self->given);
}

/* --- entries; with the lock held ------------------------------------------ */

static void
count_reference(PackedSink *self, guint64 from, guint64 length)
{
    guint64 last = (from + length - 1) / CLUSTER;

    if (self->refcounts->len <= last)
        g_array_set_size(self->refcounts, (guint)last + 1);
    for (guint64 i = from / CLUSTER; i <= last; i++) {
        guint16 *count = &g_array_index(self->refcounts, guint16, i);

        *count = GUINT16_TO_BE(GUINT16_FROM_BE(*count) + 1);
    }
}

/* Counts @n more entries of the L2 table @index as final and queues the table when all of them
 * are. */
static void
settle_entries(PackedSink *self, guint64 index, guint64 n)
{
    guint64 all = MIN(self->clusters - index * WRITTEN_ENTRIES, WRITTEN_ENTRIES);
    gpointer entries;

    self->settled[index] += (guint16)n;
    if (self->settled[index] < all ||
        !g_hash_table_steal_extended(self->tables, GSIZE_TO_POINTER(index), NULL, &entries))
        return;
    {
        Table *table = g_new(Table, 1);

        *table = (Table){index, entries};
        g_queue_push_tail(&self->ready, table);
    }
}

static void
set_entry(PackedSink *self, guint64 cluster, guint64 entry)
{
    guint64 index = cluster / WRITTEN_ENTRIES;
    guint64 *entries = g_hash_table_lookup(self->tables, GSIZE_TO_POINTER(index));

    if (!entries) {
        entries = g_malloc0(CLUSTER);
        g_hash_table_insert(self->tables, GSIZE_TO_POINTER(index), entries);
    }
    entries[cluster % WRITTEN_ENTRIES] = GUINT64_TO_BE(entry);
    settle_entries(self, index, 1);
}

static void
place_piece(PackedSink *self, const PackedPiece *piece, guint64 base)
{
    guint64 at = base + piece->offset;
    guint64 sectors;

    if (piece->length == CLUSTER) {
        count_reference(self, at, CLUSTER);
        if (piece->table)
            self->l1[piece->index] = GUINT64_TO_BE(at | QCOW2_COPIED);
        else
            set_entry(self, piece->index, at | QCOW2_COPIED);
        return;
    }
    /* The entry of a compressed cluster has the number of sectors after the first one. */
    sectors = (at + piece->length - 1) / SECTOR - at / SECTOR;
    count_reference(self, at, (at / SECTOR + sectors + 1) * SECTOR - at);
    set_entry(self, piece->index, QCOW2_COMPRESSED | sectors << SECTORS_SHIFT | at);
}

static void
place_pieces(PackedSink *self, const PackedRegion *region, guint64 base)
{
    for (guint i = 0; i < region->pieces->len; i++)
        place_piece(self, &g_array_index(region->pieces, PackedPiece, i), base);
}

static guint64
take_region_place(PackedSink *self)
{
    guint64 base = self->next;

    self->next += PACKED_REGION;

    return base;
}

/* Adds complete L2 tables to a region while they fit. */
static void
add_ready_tables(PackedSink *self, PackedRegion *region)
{
    Table *table;

    while ((table = g_queue_peek_head(&self->ready)) != NULL) {
        PackedPiece piece = {.index = table->index, .length = CLUSTER, .table = TRUE};

        if (!packed_region_add(region, &piece, table->entries))
            return;
        g_queue_pop_head(&self->ready);
        g_free(table->entries);
        g_free(table);
    }
}

/* --- writing -------------------------------------------------------------- */

/* Writes and hashes a piece of the file whose position is a multiple of DIGEST_PART. */
static gboolean
write_packed_part(PackedSink *self, DigestSegment *hasher, const guint8 *data, guint64 base,
                  gsize length, GError **error)
{
    if (!self->file->ops->write(self->file, data, base, length, error))
        return FALSE;
    if (self->image.digest)
        digest_parts_add(self->digest, hasher, data, base, length);

    return TRUE;
}

static gboolean
write_region(PackedSink *self, Packer *packer, GError **error)
{
    PackedRegion *region = packer->region;
    guint64 base;

    g_mutex_lock(&self->lock);
    base = take_region_place(self);
    place_pieces(self, region, base);
    g_mutex_unlock(&self->lock);
    packed_region_seal(region);
    if (!write_packed_part(self, packer->hasher, region->data, base, PACKED_REGION, error))
        return FALSE;
    packed_region_clear(region);
    g_mutex_lock(&self->lock);
    add_ready_tables(self, region);
    g_mutex_unlock(&self->lock);

    return TRUE;
}

static gboolean
is_zero_cluster(const guint8 *data)
{
    return data[0] == 0 && memcmp(data, data + 1, CLUSTER - 1) == 0;
}

static gboolean
pack_cluster(PackedSink *self, Packer *packer, guint64 cluster, const guint8 *data,
             GError **error)
{
    PackedPiece piece = {.index = cluster};

    if (is_zero_cluster(data)) {
        G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

        if (self->image.backing_name)
            set_entry(self, cluster, QCOW2_ZERO);
        else
            settle_entries(self, cluster / WRITTEN_ENTRIES, 1);
        return TRUE;
    }
    data = cluster_pack(packer->packer, self->image.level, data, &piece.length);
    /* A new region may be full at once with complete L2 tables, so this may take several rounds. */
    while (!packed_region_add(packer->region, &piece, data)) {
        if (!write_region(self, packer, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
packed_sink_write(Sink *sink, const void *buffer, guint64 offset, gsize length, GError **error)
{
    PackedSink *self = (PackedSink *)sink;
    Packer *packer = take_packer(self);
    const guint8 *data = buffer;
    gboolean ok = TRUE;

    for (gsize at = 0; ok && at < length; at += CLUSTER) {
        g_autofree guint8 *last = NULL;

        /* The end of the disk may lie within a cluster, which is then padded with zeros. */
        if (length - at < CLUSTER) {
            last = g_malloc0(CLUSTER);
            memcpy(last, data + at, length - at);
        }
        ok = pack_cluster(self, packer, (offset + at) / CLUSTER, last ? last : data + at, error);
    }
    return_packer(self, packer);

    return ok;
}

static gboolean
packed_sink_hole(Sink *sink, guint64 offset, guint64 length, G_GNUC_UNUSED GError **error)
{
    PackedSink *self = (PackedSink *)sink;
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    guint64 end = units_for(offset + length, CLUSTER);

    for (guint64 from = offset / CLUSTER; from < end;) {
        guint64 to = MIN(end, (from / WRITTEN_ENTRIES + 1) * WRITTEN_ENTRIES);

        settle_entries(self, from / WRITTEN_ENTRIES, to - from);
        from = to;
    }

    return TRUE;
}

/* --- the end -------------------------------------------------------------- */

/* What is written at the end: the first region of the file, unless it is also the last one, and the
 * last region followed by the remaining tables. */
typedef struct {
    PackedRegion *first;
    PackedRegion *last;
    guint64 base;   /* position of the last region in the file */
    gsize used;     /* bytes in use in the last region, once it is compact */
    guint8 *buffer; /* the last region's content and the tables, aligned */
    gsize length;
} Ending;

static gboolean
close_last_region(PackedSink *self, Ending *end, DigestSegment *hasher, GError **error)
{
    place_pieces(self, end->last, end->base);
    packed_region_seal(end->last);
    if (!end->first) {
        end->first = end->last;
    } else {
        PackedRegion *last = end->last;

        if (!write_packed_part(self, hasher, last->data, end->base, PACKED_REGION, error))
            return FALSE;
        packed_region_free(last);
    }
    end->base = take_region_place(self);
    end->last = packed_region_new(0);

    return TRUE;
}

/* Collects the content of the packers' incomplete regions into common ones. */
static gboolean
gather_pieces(PackedSink *self, Ending *end, DigestSegment *hasher, GError **error)
{
    for (guint i = 0; i < self->idle->len; i++) {
        const PackedRegion *region = ((const Packer *)g_ptr_array_index(self->idle, i))->region;

        for (guint j = 0; j < region->pieces->len; j++) {
            const PackedPiece *piece = &g_array_index(region->pieces, PackedPiece, j);
            const guint8 *data = region->data + piece->offset;

            if (packed_region_add(end->last, piece, data))
                continue;
            if (!close_last_region(self, end, hasher, error))
                return FALSE;
            if (!packed_region_add(end->last, piece, data))
                g_assert_not_reached();
        }
    }

    return TRUE;
}

static gboolean
fill_packed_header(PackedSink *self, guint8 *out, const WrittenHeader *header, GError **error)
{
    g_autoptr(GBytes) patched = NULL;

    written_header_put(out, header);
    if (!self->image.backing_name)
        return TRUE;
    patched = qcow2_header_patch(out, CLUSTER, self->image.backing_name,
                                 self->image.backing_format, self->parent.what, error);
    if (!patched)
        return FALSE;
    memcpy(out, g_bytes_get_data(patched, NULL), g_bytes_get_size(patched));

    return TRUE;
}

static void
put_ready_tables(PackedSink *self, guint64 cluster, guint8 *out)
{
    Table *table;

    for (; (table = g_queue_pop_head(&self->ready)) != NULL; cluster++, out += CLUSTER) {
        self->l1[table->index] = GUINT64_TO_BE(cluster * CLUSTER | QCOW2_COPIED);
        memcpy(out, table->entries, CLUSTER);
        g_free(table->entries);
        g_free(table);
    }
}

/* Lays out the tables behind all data: the remaining L2 tables, the L1 table, the refcount blocks
 * and the refcount table. */
static gboolean
lay_out_packed_end(PackedSink *self, Ending *end, GError **error)
{
    guint64 l2 = (end->base + end->used) / CLUSTER;
    guint64 l1 = l2 + self->ready.length;
    guint64 l1_n = written_l1_clusters(self->image.size);
    guint64 blocks = l1 + l1_n;
    WrittenRefcounts counts = written_refcounts(blocks);
    guint64 total = blocks + counts.blocks + counts.table;
    WrittenHeader header = {
        .virtual_size = self->image.size,
        .l1 = l1,
        .refcount_table = blocks + counts.blocks,
        .refcount_table_n = counts.table,
        .zstd = TRUE,
    };
    guint8 *out;

    end->length = (gsize)(total * CLUSTER - end->base);
    if (posix_memalign((void **)&end->buffer, DIGEST_BLOCK, end->length) != 0)
        g_error("out of memory");
    memset(end->buffer, 0, end->length);
    memcpy(end->buffer, end->last->data, end->used);
    count_reference(self, 0, CLUSTER);
    count_reference(self, l2 * CLUSTER, (total - l2) * CLUSTER);
    out = end->buffer + end->used;
    put_ready_tables(self, l2, out);
    out += (l1 - l2) * CLUSTER;
    memcpy(out, self->l1, self->n_tables * 8);
    out += l1_n * CLUSTER;
    memcpy(out, self->refcounts->data, (gsize)self->refcounts->len * 2);
    out += counts.blocks * CLUSTER;
    for (guint64 i = 0; i < counts.blocks; i++)
        put64(out + i * 8, (blocks + i) * CLUSTER);

    return fill_packed_header(self, end->first ? end->first->data : end->buffer, &header, error);
}

static gboolean
write_packed_end(PackedSink *self, Ending *end, DigestSegment *hasher, GError **error)
{
    if (!gather_pieces(self, end, hasher, error))
        return FALSE;
    /* Everything left fits into the first region, but other regions have been written behind it; so
     * the tables need a region behind those. */
    if (!end->first && self->next > PACKED_REGION && !close_last_region(self, end, hasher, error))
        return FALSE;
    end->used = packed_region_compact(end->last);
    place_pieces(self, end->last, end->base);
    if (!lay_out_packed_end(self, end, error) ||
        (end->first &&
         !write_packed_part(self, hasher, end->first->data, 0, PACKED_REGION, error)) ||
        !write_packed_part(self, hasher, end->buffer, end->base, end->length, error))
        return FALSE;
    self->parent.size = end->base + end->length;

    return TRUE;
}

static gboolean
packed_sink_flush(Sink *sink, GError **error)
{
    PackedSink *self = (PackedSink *)sink;
    g_autoptr(DigestSegment) hasher = digest_segment_new();
    Ending end = {.last = packed_region_new(CLUSTER)};
    gboolean ok = write_packed_end(self, &end, hasher, error);

    packed_region_free(end.first);
    packed_region_free(end.last);
    free(end.buffer);

    return ok && self->file->ops->flush(self->file, error);
}

static guint8 *
packed_sink_digest(Sink *sink, guint8 *digest)
{
    return digest_parts_finish(((PackedSink *)sink)->digest, sink->size, digest);
}

static void
free_table(gpointer data)
{
    g_free(((Table *)data)->entries);
    g_free(data);
}

static void
packed_sink_free(Sink *sink)
{
    PackedSink *self = (PackedSink *)sink;

    sink_free(self->file);
    g_free((char *)self->image.backing_name);
    g_free((char *)self->image.backing_format);
    g_ptr_array_unref(self->idle);
    g_free(self->settled);
    g_hash_table_unref(self->tables);
    g_queue_clear_full(&self->ready, free_table);
    g_free(self->l1);
    g_array_unref(self->refcounts);
    digest_parts_free(self->digest);
    g_cond_clear(&self->given);
    g_mutex_clear(&self->lock);
    g_free(sink->what);
    g_free(self);
}

static const SinkOps packed_sink_ops = {
    .name = "packed",
    .write = packed_sink_write,
    .hole = packed_sink_hole,
    .flush = packed_sink_flush,
    .digest = packed_sink_digest,
    .free = packed_sink_free,
};

Sink *
packed_sink_new(Sink *file, const PackedImage *image)
{
    PackedSink *self = g_new0(PackedSink, 1);

    self->parent.ops = &packed_sink_ops;
    self->parent.what = g_strdup(file->what);
    self->parent.unit = CLUSTER;
    self->file = file;
    self->image = *image;
    self->image.backing_name = g_strdup(image->backing_name);
    self->image.backing_format = g_strdup(image->backing_format);
    self->clusters = units_for(image->size, CLUSTER);
    self->n_tables = written_tables(image->size);
    /* Twice as many packers as processors, so that as many workers may wait for the disk as
     * compress. */
    self->packers_max = MIN(2 * g_get_num_processors(), PACKERS_MAX);
    g_mutex_init(&self->lock);
    g_cond_init(&self->given);
    self->idle = g_ptr_array_new_with_free_func((GDestroyNotify)packer_free);
    self->next = PACKED_REGION;
    self->settled = g_new0(guint16, self->n_tables + 1);
    self->tables = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    g_queue_init(&self->ready);
    self->l1 = g_new0(guint64, self->n_tables + 1);
    self->refcounts = g_array_new(FALSE, TRUE, sizeof(guint16));
    self->digest = digest_parts_new();

    return &self->parent;
}
