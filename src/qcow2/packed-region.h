/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "qcow2/cluster-pack.h"

G_BEGIN_DECLS

/* A region of a compressed image that is being filled and whose position in the file is not known
 * yet. Compressed streams are added at its front, whole clusters at its end. */

/* Large enough that the gap in the middle, which is shorter than a cluster and a stream, wastes
 * little. */
#define PACKED_REGION ((gsize)2 << 20)

/** A stream, cluster or L2 table in a region. */
typedef struct {
    guint64 index;  /* index of the guest cluster or of the L2 table */
    guint32 offset; /* in the region */
    guint32 length; /* bytes */
    gboolean table; /* it is an L2 table */
} PackedPiece;

typedef struct {
    guint8 *data;   /* PACKED_REGION bytes, aligned; owned */
    gsize front;    /* where the next stream goes */
    gsize back;     /* where the last whole cluster begins */
    GArray *pieces; /* PackedPiece */
} PackedRegion;

/** packed_region_new: Returns: a region that is empty except for @reserved bytes at its front;
 * owned by the caller. */
PackedRegion *packed_region_new(gsize reserved);
void packed_region_free(PackedRegion *region);

/** Removes all pieces. */
void packed_region_clear(PackedRegion *region);

/**
 * packed_region_add:
 * @piece: its index, length and kind; a piece of the length of a cluster is stored as a whole
 * cluster
 *
 * Returns: FALSE if the piece does not fit.
 */
gboolean packed_region_add(PackedRegion *region, const PackedPiece *piece, const void *data);

/** Fills the gap between front and back with zeros. */
void packed_region_seal(PackedRegion *region);

/** packed_region_compact: Moves the whole clusters next to the streams. Returns: the number of
 * bytes in use. */
gsize packed_region_compact(PackedRegion *region);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackedRegion, packed_region_free)

G_END_DECLS
