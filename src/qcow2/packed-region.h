/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "qcow2/cluster-pack.h"

G_BEGIN_DECLS

/* A part of a compressed image that is being filled, whose place in the file is not known yet:
 * streams are packed from its front, whole clusters from its end. */

/* So that the gap in the middle, less than a cluster and a stream, is little. */
#define PACKED_REGION ((gsize)2 << 20)

/** Something in a region. */
typedef struct {
    guint64 index;  /* of the guest's cluster, or of the L2 table */
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

/** packed_region_new: Returns: an empty one, but for @reserved bytes; owned by the caller. */
PackedRegion *packed_region_new(gsize reserved);
void packed_region_free(PackedRegion *region);

/** Forgets all pieces. */
void packed_region_clear(PackedRegion *region);

/**
 * packed_region_add:
 * @piece: its index, length and kind; one as long as a cluster is stored as one
 *
 * Returns: FALSE if it does not fit.
 */
gboolean packed_region_add(PackedRegion *region, const PackedPiece *piece, const void *data);

/** Zeros what is between front and back. */
void packed_region_seal(PackedRegion *region);

/** packed_region_compact: Moves the whole clusters to the streams. Returns: the bytes in use. */
gsize packed_region_compact(PackedRegion *region);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(PackedRegion, packed_region_free)

G_END_DECLS
