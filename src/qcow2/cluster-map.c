/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "qcow2/cluster-map.h"
#include "qcow2/layout.h"
#include "util/fd.h"

/* Tables are read in parts of this size. With clusters of 64 KiB such a part of an L2 table maps 32
 * MiB of the guest. */
#define PART_BYTES ((guint64)4096)
#define OFFSET_MASK G_GUINT64_CONSTANT(0x00fffffffffffe00)
#define SUBCLUSTERS_BITS 5
#define NOWHERE G_MAXUINT64

struct ClusterMap {
    int fd;
    char *what;
    Qcow2Header *header;
    guint64 file_size;
    guint cluster_bits;
    guint64 cluster;   /* 1 << cluster_bits */
    guint entry_bytes; /* size of an L2 entry */
    guint64 l2_bytes;  /* guest bytes that one L2 table maps */
};

typedef struct {
    guint64 offset; /* in the file, or NOWHERE */
    guint8 data[PART_BYTES];
} Part;

struct ClusterCursor {
    Part l1;
    Part l2;
};

static gboolean
corrupt_cluster_map(const ClusterMap *self, guint64 guest, const char *complaint, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' is no sound qcow2 image: %s (at the disk's byte %" PRIu64
                  "); 'qemu-img check' tells more"),
                self->what, complaint, guest);
    return FALSE;
}

void
cluster_map_free(ClusterMap *self)
{
    if (!self)
        return;
    qcow2_header_free(self->header);
    g_free(self->what);
    g_free(self);
}

ClusterCursor *
cluster_cursor_new(void)
{
    ClusterCursor *cursor = g_new(ClusterCursor, 1);

    cursor->l1.offset = cursor->l2.offset = NOWHERE;

    return cursor;
}

void
cluster_cursor_free(ClusterCursor *cursor)
{
    g_free(cursor);
}

const Qcow2Header *
cluster_map_header(const ClusterMap *self)
{
    return self->header;
}

static gboolean
check_map_header(ClusterMap *self, GError **error)
{
    const Qcow2Header *header = self->header;
    guint64 tables = header->virtual_size / self->l2_bytes +
                     (header->virtual_size % self->l2_bytes != 0);

    if (!qcow2_header_check(header, self->what, error))
        return FALSE;
    if (header->crypt_method != 0 || header->compression > QCOW2_COMPRESSION_ZSTD) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("'%s' is encrypted or compressed in a way that only QEMU reads"),
                    self->what);
        return FALSE;
    }
    if (header->l1_entries < tables)
        return corrupt_cluster_map(self, 0, _("its L1 table is too small"), error);
    if (header->l1_offset > self->file_size ||
        (guint64)header->l1_entries * 8 > self->file_size - header->l1_offset)
        return corrupt_cluster_map(self, 0, _("its L1 table lies behind its end"), error);

    return TRUE;
}

ClusterMap *
cluster_map_new(int fd, const char *what, GError **error)
{
    g_autoptr(ClusterMap) self = g_new0(ClusterMap, 1);

    self->fd = fd;
    self->what = g_strdup(what);
    self->header = qcow2_header_read(fd, what, error);
    if (!self->header)
        return NULL;
    if (!fd_size(fd, &self->file_size)) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), what);
        return NULL;
    }
    self->cluster_bits = self->header->cluster_bits;
    self->cluster = (guint64)1 << self->cluster_bits;
    self->entry_bytes = self->header->incompatible & QCOW2_INCOMPATIBLE_EXTENDED_L2 ? 16 : 8;
    self->l2_bytes = self->cluster / self->entry_bytes << self->cluster_bits;
    if (!check_map_header(self, error))
        return NULL;

    return g_steal_pointer(&self);
}

/* Reads a part of a table. Like QEMU it reads zeros behind the end of the file. */
static gboolean
load_table_part(const ClusterMap *self, Part *part, guint64 offset, gsize length, GError **error)
{
    gsize done = 0;

    if (part->offset == offset)
        return TRUE;
    part->offset = NOWHERE;
    while (done < length) {
        ssize_t n = pread(self->fd, part->data + done, length - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            virt_snap_error_set_errno(error, errno, _("Cannot read '%s'"), self->what);
            return FALSE;
        }
        if (n == 0)
            break;
        done += (gsize)n;
    }
    memset(part->data + done, 0, length - done);
    part->offset = offset;

    return TRUE;
}

static guint64
get_table_entry(const Part *part, guint64 at)
{
    guint64 value;

    memcpy(&value, part->data + at % PART_BYTES, sizeof value);
    return GUINT64_FROM_BE(value);
}

/* Stores in *@table the offset of the L2 table that maps @guest, 0 if there is none. */
static gboolean
find_table(const ClusterMap *self, ClusterCursor *cursor, guint64 guest, guint64 *table,
           GError **error)
{
    guint64 at = guest / self->l2_bytes * 8;
    guint64 start = at - at % PART_BYTES;
    gsize length = (gsize)MIN(PART_BYTES, (guint64)self->header->l1_entries * 8 - start);

    if (!load_table_part(self, &cursor->l1, self->header->l1_offset + start, length, error))
        return FALSE;
    *table = get_table_entry(&cursor->l1, at) & OFFSET_MASK;
    if (*table % self->cluster != 0)
        return corrupt_cluster_map(self, guest, _("an L2 table does not begin at a cluster"),
                                   error);
    if (*table > 0 && *table + self->cluster > self->file_size)
        return corrupt_cluster_map(self, guest, _("an L2 table lies behind its end"), error);

    return TRUE;
}

/* Loads the part of the L2 table that has the entry for @guest; *@at is the position of the entry
 * in that part. */
static gboolean
load_l2(const ClusterMap *self, ClusterCursor *cursor, guint64 table, guint64 guest, guint64 *at,
        GError **error)
{
    guint64 place = (guest >> self->cluster_bits) * self->entry_bytes % self->cluster;
    gsize part = (gsize)MIN(PART_BYTES, self->cluster);

    /* The kernel is told when the first part of a table is read, since the other parts will soon be
     * needed. */
    if (place == 0)
        posix_fadvise(self->fd, (off_t)table, (off_t)self->cluster, POSIX_FADV_WILLNEED);
    *at = place % part;

    return load_table_part(self, &cursor->l2, table + place - *at, part, error);
}

static gboolean
read_compressed_entry(const ClusterMap *self, guint64 entry, guint64 guest, ClusterRun *run,
                      GError **error)
{
    guint size_shift = 62 - (self->cluster_bits - 8);
    guint64 sectors = (entry & (QCOW2_COMPRESSED - 1)) >> size_shift;

    run->kind = CLUSTER_COMPRESSED;
    run->offset = entry & (((guint64)1 << size_shift) - 1);
    run->stream_bytes = (gsize)((sectors + 1) * 512 - run->offset % 512);
    run->length = self->cluster - guest % self->cluster;
    if (run->offset >= self->file_size)
        return corrupt_cluster_map(self, guest, _("a compressed cluster lies behind its end"),
                                   error);

    return TRUE;
}

/* Interprets the entry of a cluster without subclusters. */
static gboolean
read_standard_entry(const ClusterMap *self, guint64 entry, guint64 guest, ClusterRun *run,
                    GError **error)
{
    if (entry & QCOW2_ZERO) {
        if (self->header->version < 3)
            return corrupt_cluster_map(self, guest, _("a cluster of zeros is not of its version"),
                                       error);
        run->kind = CLUSTER_ZERO;
    } else {
        run->kind = run->offset == 0 ? CLUSTER_ABSENT : CLUSTER_DATA;
    }

    return TRUE;
}

/* Interprets the bitmap for one of the 32 subclusters of a cluster. */
static gboolean
read_subcluster_entry(const ClusterMap *self, guint64 bitmap, guint index, guint64 guest,
                      ClusterRun *run, GError **error)
{
    gboolean data = bitmap >> index & 1;
    gboolean zero = bitmap >> (32 + index) & 1;

    if ((data && zero) || (data && run->offset == 0))
        return corrupt_cluster_map(self, guest, _("a subcluster's bits contradict each other"),
                                   error);
    run->kind = zero ? CLUSTER_ZERO : data ? CLUSTER_DATA : CLUSTER_ABSENT;

    return TRUE;
}

/* Finds what is at @guest, up to the end of its cluster or subcluster. */
static gboolean
read_l2_entry(const ClusterMap *self, const ClusterCursor *cursor, guint64 at, guint64 guest,
              ClusterRun *run, GError **error)
{
    guint64 entry = get_table_entry(&cursor->l2, at);
    gboolean extended = self->entry_bytes == 16;
    guint unit_bits = extended ? self->cluster_bits - SUBCLUSTERS_BITS : self->cluster_bits;
    guint64 in_cluster = guest % self->cluster;
    guint64 in_unit = guest & (((guint64)1 << unit_bits) - 1);
    gboolean ok;

    if (entry & QCOW2_COMPRESSED)
        return read_compressed_entry(self, entry, guest, run, error);
    run->offset = entry & OFFSET_MASK;
    run->length = ((guint64)1 << unit_bits) - in_unit;
    if (run->offset % self->cluster != 0)
        return corrupt_cluster_map(self, guest, _("a cluster does not begin at one"), error);
    /* The end of the file may be within the last cluster but not before it, as for `qemu-img
     * check`. */
    if (run->offset > 0 && run->offset >= self->file_size)
        return corrupt_cluster_map(self, guest, _("a cluster lies behind its end"), error);
    ok = extended ? read_subcluster_entry(self, get_table_entry(&cursor->l2, at + 8),
                                          (guint)(in_cluster >> unit_bits), guest, run, error)
                  : read_standard_entry(self, entry, guest, run, error);
    run->offset += in_cluster;

    return ok;
}

static gboolean
continues_run(const ClusterRun *run, const ClusterRun *next)
{
    if (run->kind != next->kind || run->kind == CLUSTER_COMPRESSED)
        return FALSE;

    return run->kind != CLUSTER_DATA || run->offset + run->length == next->offset;
}

gboolean
cluster_map_find(const ClusterMap *self, ClusterCursor *cursor, guint64 offset, guint64 length,
                 ClusterRun *run, GError **error)
{
    guint64 part = MIN(PART_BYTES, self->cluster);
    guint64 table, at;

    if (!find_table(self, cursor, offset, &table, error))
        return FALSE;
    if (table == 0) {
        *run = (ClusterRun){CLUSTER_ABSENT, 0, self->l2_bytes - offset % self->l2_bytes, 0};
        run->length = MIN(run->length, length);
        return TRUE;
    }
    if (!load_l2(self, cursor, table, offset, &at, error) ||
        !read_l2_entry(self, cursor, at, offset, run, error))
        return FALSE;
    while (run->length < length) {
        guint64 next_guest = offset + run->length;
        ClusterRun next;

        if (next_guest % self->cluster == 0)
            at += self->entry_bytes;
        if (at >= part)
            break;
        if (!read_l2_entry(self, cursor, at, next_guest, &next, error))
            return FALSE;
        if (!continues_run(run, &next))
            break;
        run->length += next.length;
    }
    run->length = MIN(run->length, length);

    return TRUE;
}
