/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#include "qcow2/layout.h"
#include "qcow2/renewed-map.h"
#include "util/big-endian.h"
#include "util/fd.h"

#define CLUSTER WRITTEN_CLUSTER
/* More clusters are not replaced: they take 16 bytes of memory each. */
#define PATCHES_MAX ((guint)2 << 20)

/* --- is it one of ours ------------------------------------------------------------ */

static gboolean
header_suits(const Qcow2Header *header)
{
    return header->version == 3 && header->cluster_bits == WRITTEN_CLUSTER_BITS &&
           header->refcount_order == WRITTEN_REFCOUNT_ORDER && header->crypt_method == 0 &&
           header->n_snapshots == 0 && header->n_bitmaps == 0 && header->incompatible == 0 &&
           !header->backing_name && !header->data_file &&
           header->l1_entries == MAX(written_tables(header->virtual_size), 1) &&
           header->l1_offset % CLUSTER == 0 && header->refcount_offset % CLUSTER == 0;
}

gboolean
renewed_map_suits(int fd, const char *what)
{
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, what, NULL);

    return header && header_suits(header);
}

static gboolean
refuse_layout(const RenewedMap *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("'%s' cannot be renewed: it is not laid out for that; a full export is made "
                  "of the disk instead"),
                self->what);

    return FALSE;
}

/* --- reading its tables ------------------------------------------------------------- */

typedef struct {
    RenewedMap *map;
    int fd;
    guint8 *used; /* a bit for each cluster of the file that something refers to */
} TableReader;

/* Returns: whether @offset is that of a whole cluster of the image that nothing else refers to. */
static gboolean
claim_cluster(const TableReader *self, guint64 offset)
{
    guint64 at = offset / CLUSTER;

    if (offset % CLUSTER != 0 || at == 0 || at >= self->map->old ||
        self->used[at / 8] & 1 << at % 8)
        return FALSE;
    self->used[at / 8] |= (guint8)(1 << at % 8);

    return TRUE;
}

static gboolean
claim_clusters(const TableReader *self, guint64 offset, guint64 n)
{
    for (guint64 i = 0; i < n; i++) {
        if (!claim_cluster(self, offset + i * CLUSTER))
            return FALSE;
    }

    return TRUE;
}

static void
add_place(RenewedMap *self, guint64 at, PlaceKind kind, guint64 number)
{
    Place place = {.at = at, .kind = kind, .number = number};

    g_array_append_val(self->places, place);
}

/* One that has changed, and has a place. Returns: whether its entry is another one now. */
static gboolean
take_stored(RenewedMap *self, guint64 cluster, guint64 entry)
{
    guint64 at = (entry & ~(QCOW2_COPIED | QCOW2_ZERO)) / CLUSTER;
    gboolean was_zero = (entry & QCOW2_ZERO) != 0;

    if (ranked_bits_has(self->data, cluster)) {
        add_place(self, at, PLACE_DATA, cluster);
        return was_zero;
    }
    if (was_zero)
        return FALSE;
    add_place(self, at, PLACE_ZERO, cluster);
    ranked_bits_set(self->zeroed, cluster, cluster + 1);

    return TRUE;
}

/* @other: (out): whether the entry is another one now */
static gboolean
take_entry(const TableReader *reader, guint64 cluster, guint64 entry, gboolean *other)
{
    RenewedMap *self = reader->map;
    gboolean changed = cluster < self->clusters && ranked_bits_has(self->changed, cluster);

    *other = FALSE;
    if (entry != 0 &&
        (cluster >= self->clusters || !(entry & QCOW2_COPIED) || entry & QCOW2_COMPRESSED ||
         !claim_cluster(reader, entry & ~(QCOW2_COPIED | QCOW2_ZERO))))
        return FALSE;
    if (!changed)
        return TRUE;
    if (entry != 0) {
        *other = take_stored(self, cluster, entry);
    } else if (ranked_bits_has(self->data, cluster)) {
        ranked_bits_set(self->fresh, cluster, cluster + 1);
        *other = TRUE;
    }

    return TRUE;
}

/* What is new where there was no table. */
static void
take_absent_table(RenewedMap *self, guint64 table)
{
    guint64 first = table * WRITTEN_ENTRIES;
    guint64 end = MIN(first + WRITTEN_ENTRIES, self->clusters);
    gboolean any = FALSE;

    for (guint64 i = first; i < end; i++) {
        if (!ranked_bits_has(self->changed, i) || !ranked_bits_has(self->data, i))
            continue;
        ranked_bits_set(self->fresh, i, i + 1);
        any = TRUE;
    }
    if (any)
        ranked_bits_set(self->tables, table, table + 1);
}

static gboolean
take_table(const TableReader *reader, guint64 table, guint8 *block, GError **error)
{
    RenewedMap *self = reader->map;
    guint64 at = self->l2[table];
    gboolean any = FALSE;

    if (!fd_pread_all(reader->fd, block, CLUSTER, at * CLUSTER, self->what, error))
        return FALSE;
    for (guint64 i = 0; i < WRITTEN_ENTRIES; i++) {
        gboolean other;

        if (!take_entry(reader, table * WRITTEN_ENTRIES + i, get64(block + i * 8), &other) ||
            self->places->len > PATCHES_MAX)
            return refuse_layout(self, error);
        any = any || other;
    }
    if (any)
        add_place(self, at, PLACE_L2, table);

    return TRUE;
}

static gboolean
read_l1(const TableReader *reader, GError **error)
{
    RenewedMap *self = reader->map;
    gsize n = self->header->l1_entries;
    g_autofree guint8 *l1 = g_try_malloc0(n * 8);

    if (!l1) {
        virt_snap_error_set_errno(error, ENOMEM, _("Cannot map the disk of '%s'"),
                                  self->what);
        return FALSE;
    }
    if (!fd_pread_all(reader->fd, l1, n * 8, self->header->l1_offset, self->what, error))
        return FALSE;
    for (gsize i = 0; i < MIN(n, self->n_l2); i++) {
        guint64 entry = get64(l1 + i * 8);

        if (entry != 0 &&
            (!(entry & QCOW2_COPIED) || !claim_cluster(reader, entry & ~QCOW2_COPIED)))
            return refuse_layout(self, error);
        self->l2[i] = (entry & ~QCOW2_COPIED) / CLUSTER;
    }

    return TRUE;
}

static gboolean
read_tables(const TableReader *reader, GError **error)
{
    RenewedMap *self = reader->map;
    g_autofree guint8 *block = g_malloc(CLUSTER);

    if (!claim_clusters(reader, self->header->l1_offset,
                        written_l1_clusters(self->header->virtual_size)))
        return refuse_layout(self, error);
    if (!read_l1(reader, error))
        return FALSE;
    for (guint64 i = 0; i < self->n_l2; i++) {
        if (self->l2[i] == 0)
            take_absent_table(self, i);
        else if (!take_table(reader, i, block, error))
            return FALSE;
    }
    ranked_bits_index(self->fresh);
    ranked_bits_index(self->zeroed);
    ranked_bits_index(self->tables);

    return TRUE;
}

/* --- reference counts ----------------------------------------------------------------- */

static gboolean
read_refcount_table(const TableReader *reader, GError **error)
{
    RenewedMap *self = reader->map;
    guint64 n = (guint64)self->header->refcount_clusters * WRITTEN_ENTRIES;
    guint64 needed = units_for(self->old, WRITTEN_REFCOUNTS);
    g_autofree guint8 *table = NULL;

    if (needed > n || !claim_clusters(reader, self->header->refcount_offset,
                                      self->header->refcount_clusters))
        return refuse_layout(self, error);
    table = g_malloc(n * 8);
    if (!fd_pread_all(reader->fd, table, n * 8, self->header->refcount_offset, self->what,
                      error))
        return FALSE;
    self->refcounts = g_new0(guint64, n);
    while (self->n_refcounts < n && get64(table + self->n_refcounts * 8) != 0) {
        guint64 offset = get64(table + self->n_refcounts * 8);

        if (!claim_cluster(reader, offset))
            return refuse_layout(self, error);
        self->refcounts[self->n_refcounts++] = offset / CLUSTER;
    }

    return self->n_refcounts >= needed || refuse_layout(self, error);
}

/* Whether that block says what it would if all of the earlier image were in use. */
static gboolean
check_renewed_refcounts(const TableReader *reader, guint64 block, GError **error)
{
    RenewedMap *self = reader->map;
    g_autofree guint8 *found = g_malloc(CLUSTER);
    g_autofree guint8 *right = g_malloc(CLUSTER);

    if (!fd_pread_all(reader->fd, found, CLUSTER, self->refcounts[block] * CLUSTER,
                      self->what, error))
        return FALSE;
    written_refcounts_put(right, block, self->old);

    return memcmp(found, right, CLUSTER) == 0 || refuse_layout(self, error);
}

static gboolean
lay_out_new(const TableReader *reader, GError **error)
{
    RenewedMap *self = reader->map;
    guint64 others = self->old + ranked_bits_count(self->tables) + ranked_bits_count(self->fresh);
    guint64 most = (guint64)self->header->refcount_clusters * WRITTEN_ENTRIES;
    guint64 blocks = self->n_refcounts;

    while (blocks * WRITTEN_REFCOUNTS < others + blocks - self->n_refcounts)
        blocks++;
    if (blocks > most)
        return refuse_layout(self, error);
    self->total = others + blocks - self->n_refcounts;
    self->l2_at = self->old;
    self->refcounts_at = self->l2_at + ranked_bits_count(self->tables);
    self->data_at = self->refcounts_at + blocks - self->n_refcounts;
    for (guint64 i = self->old / WRITTEN_REFCOUNTS;
         self->total > self->old && i < self->n_refcounts; i++) {
        if (!check_renewed_refcounts(reader, i, error))
            return FALSE;
        add_place(self, self->refcounts[i], PLACE_REFCOUNTS, i);
    }

    return TRUE;
}

/* --- what is another one ---------------------------------------------------------------- */

/* The clusters of a table of the file that have any of its entries @from .. @to - 1. */
static void
add_table_places(RenewedMap *self, guint64 offset, PlaceKind kind, guint64 from, guint64 to)
{
    for (guint64 i = from / WRITTEN_ENTRIES; from < to && i <= (to - 1) / WRITTEN_ENTRIES; i++)
        add_place(self, offset / CLUSTER + i, kind, i);
}

static gint
compare_places(gconstpointer a, gconstpointer b)
{
    const Place *one = a;
    const Place *other = b;

    return one->at < other->at ? -1 : one->at > other->at ? 1 : 0;
}

static void
add_other_places(RenewedMap *self)
{
    guint64 n = ranked_bits_count(self->tables);
    guint64 end = n > 0 ? ranked_bits_select(self->tables, n - 1) + 1 : 0;

    if (self->header->virtual_size != self->disk_size)
        add_place(self, 0, PLACE_HEADER, 0);
    for (guint64 i = 0; i < units_for(end, WRITTEN_ENTRIES); i++) {
        if (ranked_bits_any(self->tables, i * WRITTEN_ENTRIES,
                            MIN((i + 1) * WRITTEN_ENTRIES, self->n_l2)))
            add_place(self, self->header->l1_offset / CLUSTER + i, PLACE_L1, i);
    }
    add_table_places(self, self->header->refcount_offset, PLACE_REFCOUNT_TABLE, self->n_refcounts,
                     self->n_refcounts + self->data_at - self->refcounts_at);
    g_array_sort(self->places, compare_places);
}

/* Every place is claimed once, so no two are of one cluster. */
Place
renewed_map_place(const RenewedMap *self, guint64 at)
{
    Place place = {.at = at, .kind = PLACE_IMAGE};
    guint found;

    if (at >= self->data_at)
        return (Place){at, PLACE_DATA, ranked_bits_select(self->fresh, at - self->data_at)};
    if (at >= self->refcounts_at)
        return (Place){at, PLACE_REFCOUNTS, self->n_refcounts + at - self->refcounts_at};
    if (at >= self->l2_at)
        return (Place){at, PLACE_L2, ranked_bits_select(self->tables, at - self->l2_at)};
    if (g_array_binary_search(self->places, &place, compare_places, &found))
        return g_array_index(self->places, Place, found);

    return place;
}

/* The first place at or behind @at. */
static guint
first_place(const RenewedMap *self, guint64 at)
{
    guint low = 0;
    guint high = self->places->len;

    while (low < high) {
        guint middle = low + (high - low) / 2;

        if (g_array_index(self->places, Place, middle).at < at)
            low = middle + 1;
        else
            high = middle;
    }

    return low;
}

gboolean
renewed_map_differs(const RenewedMap *self, guint64 from, guint64 to)
{
    guint first = first_place(self, from / CLUSTER);

    return to > self->old * CLUSTER ||
           (first < self->places->len &&
            g_array_index(self->places, Place, first).at < units_for(to, CLUSTER));
}

/* --- clusters of tables --------------------------------------------------------------- */

static void
renew_l1(const RenewedMap *self, guint64 number, guint8 *out)
{
    for (guint64 i = 0; i < WRITTEN_ENTRIES; i++) {
        guint64 table = number * WRITTEN_ENTRIES + i;

        if (table < self->n_l2 && ranked_bits_has(self->tables, table))
            put64(out + i * 8, (self->l2_at + ranked_bits_rank(self->tables, table)) * CLUSTER |
                                   QCOW2_COPIED);
    }
}

static void
renew_refcount_table(const RenewedMap *self, guint64 number, guint8 *out)
{
    for (guint64 at = self->refcounts_at; at < self->data_at; at++) {
        guint64 block = self->n_refcounts + at - self->refcounts_at;

        if (block / WRITTEN_ENTRIES == number)
            put64(out + block % WRITTEN_ENTRIES * 8, at * CLUSTER);
    }
}

/* @out: the table that was there, or zeros */
static void
renew_l2(const RenewedMap *self, guint64 table, guint8 *out)
{
    guint64 first = table * WRITTEN_ENTRIES;

    for (guint64 i = 0; i < WRITTEN_ENTRIES && first + i < self->clusters; i++) {
        guint64 cluster = first + i;
        guint64 entry = get64(out + i * 8);

        if (!ranked_bits_has(self->changed, cluster))
            continue;
        if (ranked_bits_has(self->fresh, cluster))
            entry = (self->data_at + ranked_bits_rank(self->fresh, cluster)) * CLUSTER |
                    QCOW2_COPIED;
        else if (ranked_bits_has(self->zeroed, cluster))
            entry |= QCOW2_ZERO;
        else if (ranked_bits_has(self->data, cluster))
            entry &= ~QCOW2_ZERO;
        put64(out + i * 8, entry);
    }
}

static void
renew_header(const RenewedMap *self, guint8 *out)
{
    WrittenHeader header = {
        .virtual_size = self->disk_size,
        .l1 = self->header->l1_offset / CLUSTER,
        .refcount_table = self->header->refcount_offset / CLUSTER,
        .refcount_table_n = self->header->refcount_clusters,
    };

    memset(out, 0, CLUSTER);
    written_header_put(out, &header);
}

void
renewed_map_make(const RenewedMap *self, const Place *place, guint8 *out)
{
    if (place->kind == PLACE_HEADER)
        renew_header(self, out);
    else if (place->kind == PLACE_L1)
        renew_l1(self, place->number, out);
    else if (place->kind == PLACE_REFCOUNT_TABLE)
        renew_refcount_table(self, place->number, out);
    else if (place->kind == PLACE_REFCOUNTS)
        written_refcounts_put(out, place->number, self->total);
    else
        renew_l2(self, place->number, out);
}

/* --- all of it ---------------------------------------------------------------------- */

static gboolean
allocate_tables(RenewedMap *self, GError **error)
{
    self->clusters = units_for(self->disk_size, CLUSTER);
    self->n_l2 = written_tables(self->disk_size);
    self->fresh = ranked_bits_new(self->clusters + 1);
    self->zeroed = ranked_bits_new(self->clusters + 1);
    self->tables = ranked_bits_new(self->n_l2 + 1);
    self->l2 = g_try_new0(guint64, self->n_l2 + 1);
    if (self->fresh && self->zeroed && self->tables && self->l2)
        return TRUE;
    virt_snap_error_set_errno(error, ENOMEM, _("Cannot map the disk of '%s'"), self->what);

    return FALSE;
}

static gboolean
is_suited(const RenewedMap *self)
{
    guint64 before = self->header->virtual_size;

    return header_suits(self->header) && before <= self->disk_size &&
           written_l1_clusters(before) == written_l1_clusters(self->disk_size) &&
           self->image_size % CLUSTER == 0 && self->image_size > CLUSTER;
}

static gboolean
read_renewed_image(RenewedMap *self, int fd, GError **error)
{
    g_autofree guint8 *used = NULL;
    TableReader reader = {self, fd, NULL};

    self->header = qcow2_header_read(fd, self->what, error);
    if (!self->header)
        return FALSE;
    if (!is_suited(self))
        return refuse_layout(self, error);
    self->old = self->image_size / CLUSTER;
    used = reader.used = g_malloc0(self->old / 8 + 1);

    return allocate_tables(self, error) && read_refcount_table(&reader, error) &&
           read_tables(&reader, error) && lay_out_new(&reader, error);
}

RenewedMap *
renewed_map_new(int fd, guint64 image_size, guint64 disk_size, const RankedBits *changed,
                const RankedBits *data, const char *what, GError **error)
{
    g_autoptr(RenewedMap) self = g_new0(RenewedMap, 1);

    self->what = g_strdup(what);
    self->image_size = image_size;
    self->disk_size = disk_size;
    self->changed = changed;
    self->data = data;
    self->places = g_array_new(FALSE, FALSE, sizeof(Place));
    if (!read_renewed_image(self, fd, error))
        return NULL;
    add_other_places(self);

    return g_steal_pointer(&self);
}

void
renewed_map_free(RenewedMap *self)
{
    if (!self)
        return;
    ranked_bits_free(self->fresh);
    ranked_bits_free(self->zeroed);
    ranked_bits_free(self->tables);
    qcow2_header_free(self->header);
    g_free(self->l2);
    g_free(self->refcounts);
    g_array_unref(self->places);
    g_free(self->what);
    g_free(self);
}
