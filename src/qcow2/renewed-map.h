/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/qcow2-header.h"
#include "transfer/source.h"
#include "util/ranked-bits.h"

G_BEGIN_DECLS

/* For the files that renew images (renewed-source.h): where what is in the new file. */

/* What a cluster of the file is. */
typedef enum {
    PLACE_IMAGE,          /* as it is in the earlier image */
    PLACE_HEADER,
    PLACE_L1,             /* number: of that cluster of the table, as the next one */
    PLACE_REFCOUNT_TABLE,
    PLACE_REFCOUNTS,      /* number: of the block */
    PLACE_L2,             /* number: of the table */
    PLACE_DATA,           /* number: of the disk's cluster */
    PLACE_ZERO,           /* reads as zeros now */
} PlaceKind;

/* A cluster within the earlier image that is another one now. */
typedef struct {
    guint64 at; /* cluster in the file */
    guint64 kind : 8;
    guint64 number : 56;
} Place;

typedef struct RenewedMap RenewedMap;

struct RenewedMap {
    char *what;
    guint64 image_size;        /* bytes of the earlier image */
    guint64 disk_size;         /* and of the disk now */
    const RankedBits *changed; /* clusters of the disk, not owned; */
    const RankedBits *data;    /* of them, those that have data now, not owned; */
    RankedBits *fresh;         /* those that have a new place; */
    RankedBits *zeroed;        /* and those that read as zeros and did not */
    RankedBits *tables;        /* the L2 tables that are new, by their index */
    guint64 *l2;               /* the place in the file of each table that was there, or 0 */
    guint64 n_l2;
    guint64 clusters;          /* of the disk */
    Qcow2Header *header;
    guint64 n_refcounts;       /* blocks that were there */
    guint64 *refcounts;        /* and the place of each */
    GArray *places;            /* Place, sorted */
    guint64 old;               /* clusters of the earlier image; behind it are the new */
    guint64 l2_at, refcounts_at, data_at; /* tables, reference counts and data */
    guint64 total;             /* clusters of the new file */
};

/** renewed_map_suits: Returns: whether the header of the qcow2 image open as @fd is that of an
 * image that can be renewed: standalone, not compressed, of the clusters that virtsnap writes. */
gboolean renewed_map_suits(int fd, const char *what);

/** renewed_map_new: Reads the tables of the image open as @fd. @changed, @data: must stay. Returns:
 * owned by the caller; the errors are those of renewed_source_new(). */
RenewedMap *renewed_map_new(int fd, guint64 image_size, guint64 disk_size,
                            const RankedBits *changed, const RankedBits *data, const char *what,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;
void renewed_map_free(RenewedMap *self);

/** renewed_map_place: Returns: what is in the cluster @at of the new file. */
Place renewed_map_place(const RenewedMap *self, guint64 at);

/** renewed_map_differs: see renewed_source_differs(). */
gboolean renewed_map_differs(const RenewedMap *self, guint64 from, guint64 to);

/** renewed_map_make: Makes the table cluster @place in @out, which has what was there, or zeros. */
void renewed_map_make(const RenewedMap *self, const Place *place, guint8 *out);

/** renewed_source_map: Returns: (transfer none): that of a source made by renewed_source_new(). */
const RenewedMap *renewed_source_map(const Source *source);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RenewedMap, renewed_map_free)

G_END_DECLS
