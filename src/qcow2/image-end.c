/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "image/qcow2-header.h"
#include "qcow2/cluster-unpack.h"
#include "qcow2/image-end.h"
#include "util/big-endian.h"
#include "util/fd.h"

#define OFFSET_MASK G_GUINT64_CONSTANT(0x00fffffffffffe00)
#define FLAG_COMPRESSED ((guint64)1 << 62)
#define SECTOR 512
/* Tables are read in pieces of this size. */
#define PIECE_BYTES ((guint64)64 << 10)
/* Size of the fixed part of an entry in the bitmap directory, which precedes the bitmap's name. */
#define BITMAP_BYTES 24
/* QEMU's limit for the size of the bitmap directory. */
#define BITMAPS_BYTES_MAX ((guint64)64 << 20)
/* And for the number of bitmaps, and the size of one. */
#define BITMAPS_MAX 65535
#define BITMAP_BYTES_MAX ((guint64)512 << 20)

typedef struct {
    int fd;
    const char *what;
    const Qcow2Header *header;
    guint64 size;       /* of the file */
    guint64 cluster;    /* bytes */
    GHashTable *tables; /* guint64, owned: offsets of the L2 tables checked so far */
} End;

/* Called for each number of a table; returns FALSE, with an error, to stop. */
typedef gboolean (*TakeNumber)(End *self, guint64 number, GError **error);

static gboolean
report_cut(const End *self, const char *part, guint64 offset, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The image '%s' was cut short: it ends at byte %" PRIu64 ", and %s at byte "
                  "%" PRIu64 " lies behind that; bring back the whole file, or see what "
                  "'qemu-img check' says"),
                self->what, self->size, part, offset);

    return FALSE;
}

static gboolean
is_within_image(const End *self, guint64 offset, guint64 length)
{
    return offset <= self->size && length <= self->size - offset;
}

/* Reads @n numbers at @offset, which must be within the file, and calls @take for every @step-th of
 * them. */
static gboolean
for_each_number(End *self, guint64 offset, guint64 n, guint step, TakeNumber take, GError **error)
{
    g_autofree guint8 *piece = g_malloc(PIECE_BYTES);

    for (guint64 bytes = n * 8; bytes > 0;) {
        gsize length = (gsize)MIN(bytes, PIECE_BYTES);

        if (!fd_pread_all(self->fd, piece, length, offset, self->what, error))
            return FALSE;
        for (gsize at = 0; at < length; at += 8 * step) {
            guint64 number = get64(piece + at);

            if (number != 0 && !take(self, number, error))
                return FALSE;
        }
        offset += length;
        bytes -= length;
    }

    return TRUE;
}

/* --- reference counts ------------------------------------------------------- */

/* Whether a reference count in @block from @bit on is not zero. */
static gboolean
has_count_from(const guint8 *block, gsize length, guint64 bit)
{
    gsize at = (gsize)(bit / 8);

    if (at < length && block[at] >> bit % 8)
        return TRUE;
    for (gsize i = at + 1; i < length; i++) {
        if (block[i])
            return TRUE;
    }

    return FALSE;
}

static gboolean
stop_at_number(G_GNUC_UNUSED End *self, G_GNUC_UNUSED guint64 number, G_GNUC_UNUSED GError **error)
{
    return FALSE;
}

/* Whether a cluster behind the last complete one is in use according to the reference counts; TRUE
 * also if they cannot be read. */
static gboolean
may_be_cut(End *self)
{
    const Qcow2Header *header = self->header;
    guint64 bits = self->size / self->cluster << header->refcount_order;
    guint64 entry = bits / (self->cluster * 8);
    guint64 n = header->refcount_clusters * self->cluster / 8;
    g_autofree guint8 *block = g_malloc(self->cluster);
    guint8 number[8];
    guint64 offset;

    if (header->incompatible & QCOW2_INCOMPATIBLE_DIRTY)
        return TRUE;
    if (entry >= n)
        return FALSE;
    if (!fd_pread_all(self->fd, number, sizeof number, header->refcount_offset + entry * 8,
                      self->what, NULL))
        return TRUE;
    offset = get64(number) & OFFSET_MASK;
    if (offset != 0 &&
        (!fd_pread_all(self->fd, block, self->cluster, offset, self->what, NULL) ||
         has_count_from(block, self->cluster, bits % (self->cluster * 8))))
        return TRUE;

    return !for_each_number(self, header->refcount_offset + (entry + 1) * 8, n - entry - 1, 1,
                            stop_at_number, NULL);
}

/* --- tables ------------------------------------------------------------------- */

/* Whether the compressed stream at @offset is complete. Its length is only known in sectors, so the
 * last ones may belong to something else or lie behind the end of the file: decompressing it
 * decides. */
static gboolean
is_whole_stream(const End *self, guint64 offset, gsize length)
{
    g_autofree guint8 *stream = g_malloc(length);
    g_autofree guint8 *out = g_malloc(self->cluster);
    g_autoptr(ClusterUnpacker) unpacker = cluster_unpacker_new();

    /* A compression type that is not supported here cannot be checked; QEMU will read such an
     * image. */
    if (self->header->compression > QCOW2_COMPRESSION_ZSTD)
        return TRUE;

    return fd_pread_all(self->fd, stream, length, offset, self->what, NULL) &&
           cluster_unpack(unpacker, self->header->compression, stream, length, out,
                          self->cluster);
}

static gboolean
take_compressed(const End *self, guint64 entry, GError **error)
{
    guint size_shift = 62 - (self->header->cluster_bits - 8);
    guint64 offset = entry & (((guint64)1 << size_shift) - 1);
    guint64 sectors = (entry & (FLAG_COMPRESSED - 1)) >> size_shift;
    guint64 last = offset / SECTOR * SECTOR + sectors * SECTOR;

    if (is_within_image(self, last, SECTOR) ||
        (MAX(offset, last) < self->size &&
         is_whole_stream(self, offset, (gsize)(self->size - offset))))
        return TRUE;

    return report_cut(self, _("a compressed cluster"), offset, error);
}

static gboolean
take_cluster(End *self, guint64 entry, GError **error)
{
    guint64 offset = entry & OFFSET_MASK;

    if (entry & FLAG_COMPRESSED)
        return take_compressed(self, entry, error);

    return offset == 0 || offset < self->size || report_cut(self, _("a cluster"), offset, error);
}

static gboolean
take_l2_table(End *self, guint64 entry, GError **error)
{
    guint64 offset = entry & OFFSET_MASK;
    guint step = self->header->incompatible & QCOW2_INCOMPATIBLE_EXTENDED_L2 ? 2 : 1;

    if (offset == 0 || !g_hash_table_add(self->tables, g_memdup2(&offset, sizeof offset)))
        return TRUE;
    if (!is_within_image(self, offset, self->cluster))
        return report_cut(self, _("an L2 table"), offset, error);

    return for_each_number(self, offset, self->cluster / 8, step, take_cluster, error);
}

static gboolean
check_l1_table(End *self, guint64 offset, guint64 n, GError **error)
{
    if (!is_within_image(self, offset, n * 8))
        return report_cut(self, _("an L1 table"), offset, error);

    return for_each_number(self, offset, n, 1, take_l2_table, error);
}

static gboolean
check_snapshots(End *self, GError **error)
{
    g_autoptr(GPtrArray) snapshots =
        qcow2_snapshots_read(self->fd, self->header, self->what, error);

    for (guint i = 0; snapshots && i < snapshots->len; i++) {
        const Qcow2Snapshot *snapshot = g_ptr_array_index(snapshots, i);

        if (!check_l1_table(self, snapshot->l1_offset, snapshot->l1_entries, error))
            return FALSE;
    }

    return snapshots != NULL;
}

static gboolean
take_refcount_block(End *self, guint64 entry, GError **error)
{
    guint64 offset = entry & OFFSET_MASK;

    return is_within_image(self, offset, self->cluster) ||
           report_cut(self, _("a block of reference counts"), offset, error);
}

static gboolean
check_refcounts(End *self, GError **error)
{
    const Qcow2Header *header = self->header;
    guint64 bytes = header->refcount_clusters * self->cluster;

    if (!is_within_image(self, header->refcount_offset, bytes))
        return report_cut(self, _("the table of reference counts"), header->refcount_offset, error);

    return for_each_number(self, header->refcount_offset, bytes / 8, 1, take_refcount_block, error);
}

static gboolean
report_bitmaps(const End *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The image '%s' has more bitmaps, or larger ones, than QEMU opens; see what "
                  "'qemu-img check' says"),
                self->what);

    return FALSE;
}

/* Checks the clusters of all bitmaps, which are listed in a table for each bitmap. */
static gboolean
check_bitmaps(End *self, GError **error)
{
    const Qcow2Header *header = self->header;
    guint64 at = header->bitmaps_offset;
    guint64 end = at + header->bitmaps_bytes;

    if (header->n_bitmaps == 0)
        return TRUE;
    if (header->n_bitmaps > BITMAPS_MAX)
        return report_bitmaps(self, error);
    if (header->bitmaps_bytes > BITMAPS_BYTES_MAX ||
        !is_within_image(self, at, header->bitmaps_bytes))
        return report_cut(self, _("the directory of bitmaps"), at, error);
    for (guint32 i = 0; i < header->n_bitmaps && at + BITMAP_BYTES <= end; i++) {
        guint8 fixed[BITMAP_BYTES];
        guint64 table, n;

        if (!fd_pread_all(self->fd, fixed, sizeof fixed, at, self->what, error))
            return FALSE;
        table = get64(fixed);
        n = get32(fixed + 8);
        if (n * self->cluster > BITMAP_BYTES_MAX)
            return report_bitmaps(self, error);
        if (!is_within_image(self, table, n * 8))
            return report_cut(self, _("the table of a bitmap"), table, error);
        if (!for_each_number(self, table, n, 1, take_cluster, error))
            return FALSE;
        at += ((guint64)BITMAP_BYTES + get16(fixed + 18) + get32(fixed + 20) + 7) & ~(guint64)7;
    }

    return TRUE;
}

static gboolean
check_image_tables(End *self, GError **error)
{
    const Qcow2Header *header = self->header;
    g_autoptr(GHashTable) tables =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

    self->tables = tables;

    return check_refcounts(self, error) &&
           check_l1_table(self, header->l1_offset, header->l1_entries, error) &&
           check_snapshots(self, error) && check_bitmaps(self, error);
}

static gboolean
check_within_image(int fd, guint64 size, const char *what, gboolean counts, GError **error)
{
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, what, error);
    End self = {.fd = fd, .what = what, .header = header, .size = size};

    if (!header || !qcow2_header_check(header, what, error))
        return FALSE;
    self.cluster = (guint64)1 << header->cluster_bits;

    return (counts && !may_be_cut(&self)) || check_image_tables(&self, error);
}

gboolean
image_end_check(int fd, guint64 size, const char *what, GError **error)
{
    return check_within_image(fd, size, what, TRUE, error);
}

gboolean
image_end_check_tables(int fd, guint64 size, const char *what, GError **error)
{
    return check_within_image(fd, size, what, FALSE, error);
}
