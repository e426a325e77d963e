/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-base.h"
#include "transfer/part-cache.h"
#include "util/ranked-bits.h"

G_BEGIN_DECLS

/* The nodes of what a guest sees on a disk, in parts of 512 KiB, kept on this host from one export
 * to the next (part-cache.h): a disk that is compared with what the base has of it is read, and of
 * the base only where the nodes are not the same.
 *
 * They are kept under a name that follows from the digests of all images of a chain, and its size:
 * so what is there is right of any export that has these images, and of no other one. */

typedef struct ContentNodes ContentNodes;

/**
 * content_nodes_key:
 * @base: (nullable): whose layer
 * @below: (nullable): is the top one of the chain, or that below @digest
 * @capacity: of the disk, in bytes
 * @format: (nullable): of the image with
 * @digest: (nullable): which is on top
 * @key: (out): DIGEST_BYTES
 *
 * Returns: FALSE if an image of the chain has no digest.
 */
gboolean content_nodes_key(const ExportBase *base, const ManifestFile *below, guint64 capacity,
                           const char *format, const guint8 *digest, guint8 *key)
    G_GNUC_WARN_UNUSED_RESULT;

/** content_nodes_new: Returns: the nodes of a disk of @size bytes that is to be read, owned by the
 * caller. @before: the key of what it is compared with. */
ContentNodes *content_nodes_new(guint64 size, const guint8 *before);

/** content_nodes_free: NULL is fine. */
void content_nodes_free(ContentNodes *self);

/**
 * content_nodes_same:
 * @hasher: of the worker that calls
 * @offset: a multiple of DIGEST_PART
 * @data: DIGEST_PART bytes; behind the end of the disk zeros
 *
 * Notes a part of the disk. May be called by several threads.
 *
 * Returns: whether the part was the same before; FALSE also if that is not known.
 */
gboolean content_nodes_same(ContentNodes *self, DigestSegment *hasher, guint64 offset,
                            const guint8 *data);

/** content_nodes_hole: Notes @length bytes that are zeros, in whole parts except at the end. May be
 * called by several threads. */
void content_nodes_hole(ContentNodes *self, guint64 length);

/** content_nodes_forget: Has nothing kept of the parts with the units of @unit bytes that are in
 * @changed: they were read once more to be copied, and nobody compared what was copied then with
 * what was noted. */
void content_nodes_forget(ContentNodes *self, const RankedBits *changed, guint64 unit);

/** content_nodes_finish: Frees @self. @key: of what was read. Returns: what is to be kept, owned by
 * the caller; NULL if not all of the disk was noted. */
PartCache *content_nodes_finish(ContentNodes *self, const guint8 *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ContentNodes, content_nodes_free)

G_END_DECLS
