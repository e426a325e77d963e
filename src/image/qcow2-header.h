/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The header of a qcow2 image: parsing it without trusting its content, and replacing its backing
 * reference. Source: QEMU docs/interop/qcow2.txt. */

/* The first four bytes of each image. */
#define QCOW2_MAGIC "QFI\xfb"

/* The size of the largest cluster, and therefore of the largest header. */
#define QCOW2_HEAD_BYTES_MAX ((gsize)2 << 20)

#define QCOW2_INCOMPATIBLE_DIRTY (1 << 0)
#define QCOW2_INCOMPATIBLE_CORRUPT (1 << 1)
#define QCOW2_INCOMPATIBLE_DATA_FILE (1 << 2)
#define QCOW2_INCOMPATIBLE_COMPRESSION (1 << 3)
#define QCOW2_INCOMPATIBLE_EXTENDED_L2 (1 << 4)
#define QCOW2_INCOMPATIBLE_KNOWN 0x1f /* all of them */

/* Offset of the compression type in a header that is long enough to have one. */
#define QCOW2_COMPRESSION_OFFSET 104
#define QCOW2_COMPRESSION_ZLIB 0
#define QCOW2_COMPRESSION_ZSTD 1

typedef struct {
    guint32 version;      /* 2 or 3 */
    guint32 cluster_bits; /* 9..21 */
    guint64 virtual_size; /* bytes, whole sectors of 512: QEMU cuts off the rest */
    guint32 crypt_method; /* 0 none, 1 AES, 2 LUKS */
    guint32 l1_entries;
    guint64 l1_offset;    /* bytes */
    guint64 refcount_offset; /* bytes */
    guint32 refcount_clusters;
    guint32 refcount_order;  /* a count has 1 << order bits; 4 in version 2 */
    guint32 n_snapshots;
    guint64 snapshots_offset; /* bytes */
    guint64 incompatible; /* feature bits; 0 in version 2 */
    guint32 header_length; /* bytes; 72 in version 2 */
    guint8 compression;    /* QCOW2_COMPRESSION_…, of compressed clusters */
    char *backing_name;    /* as it stands in the header, or NULL */
    char *backing_format;  /* from the header extension, or NULL */
    gboolean data_file;    /* an external data file is named or required */
    char *data_name;       /* as it stands in the header, or NULL */
    guint32 n_bitmaps;     /* persistent dirty bitmaps */
    guint64 bitmaps_offset; /* bytes, of the bitmap directory */
    guint64 bitmaps_bytes;
} Qcow2Header;

/** One internal snapshot. */
typedef struct {
    char *id;
    char *name;
    guint64 vm_state_bytes; /* 0: no memory state */
    guint64 virtual_size;   /* bytes */
    guint64 date;           /* seconds since the epoch, << 32, and nanoseconds */
    guint64 l1_offset;      /* bytes, of its own L1 table */
    guint32 l1_entries;     /* entries of that L1 table */
} Qcow2Snapshot;

/**
 * qcow2_header_parse:
 * @data: the first cluster of the file, or the whole file if that is shorter
 * @what: its path, for errors
 *
 * Returns: the header, owned by the caller; NULL with CORRUPT if @data is not a valid qcow2 header.
 */
Qcow2Header *qcow2_header_parse(const guint8 *data, gsize length, const char *what,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * qcow2_header_check:
 * Returns: FALSE if an image with this header cannot be exported: NOT_SUPPORTED for an external
 * data file, unknown incompatible features, or the old AES encryption; CORRUPT if QEMU marked the
 * image as corrupt. The backing reference is not checked here but by backing_reference_parse().
 */
gboolean qcow2_header_check(const Qcow2Header *header, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * qcow2_header_patch:
 * @data: the first cluster of the image
 * @backing_name: (nullable): the new backing reference; NULL for none
 * @backing_format: (nullable): its format; NULL if there is no reference
 *
 * Returns: a copy of @data with the new backing reference, owned by the caller; NULL with
 * INVALID_PARAMETER if the reference does not fit into the first cluster.
 */
GBytes *qcow2_header_patch(const guint8 *data, gsize length, const char *backing_name,
                           const char *backing_format, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** qcow2_head_read: Returns: the first cluster of the image open as @fd; owned by the caller. */
GBytes *qcow2_head_read(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** qcow2_header_read: Reads no more of the image open as @fd than its header needs. Returns: the
 * header, owned by the caller; the errors are those of qcow2_head_read() and
 * qcow2_header_parse(). */
Qcow2Header *qcow2_header_read(int fd, const char *what, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** qcow2_keeps_bitmaps: Returns: whether QEMU can keep dirty bitmaps in the image at @path: it is
 * one of version 3, in a file. */
gboolean qcow2_keeps_bitmaps(const char *path);

/** qcow2_snapshots_read: Returns: (element-type Qcow2Snapshot): the internal snapshots of the
 * image, owned by the caller. */
GPtrArray *qcow2_snapshots_read(int fd, const Qcow2Header *header, const char *what,
                                GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Free what the name says. NULL is fine. */
void qcow2_header_free(Qcow2Header *header);
void qcow2_snapshot_free(Qcow2Snapshot *snapshot);

/** qcow2_snapshot_copy: @snapshot: (nullable). Returns: (nullable): owned by the caller. */
Qcow2Snapshot *qcow2_snapshot_copy(const Qcow2Snapshot *snapshot);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qcow2Header, qcow2_header_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Qcow2Snapshot, qcow2_snapshot_free)

G_END_DECLS
