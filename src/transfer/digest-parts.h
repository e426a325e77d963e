/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"

G_BEGIN_DECLS

/* Computes the digest of a file whose parts of DIGEST_PART bytes are added in any order, by any
 * thread. Once all parts of a segment were added, only the segment's node is kept. */

typedef struct DigestParts DigestParts;

/** digest_parts_new: Returns: owned by the caller. */
DigestParts *digest_parts_new(void);
void digest_parts_free(DigestParts *self);

/**
 * digest_parts_add:
 * @hasher: a DigestSegment that belongs to the calling thread
 * @data: at least two whole blocks; @length is a multiple of DIGEST_PART except at the end of the
 * file
 * @offset: position in the file, a multiple of DIGEST_PART; every part must be added exactly once
 */
void digest_parts_add(DigestParts *self, DigestSegment *hasher, const guint8 *data,
                      guint64 offset, gsize length);

/**
 * digest_parts_finish:
 * @size: the size of the file in bytes, all of which were added
 * @digest: (out): DIGEST_BYTES bytes
 *
 * Returns: the nodes of the file's segments, owned by the caller.
 */
guint8 *digest_parts_finish(DigestParts *self, guint64 size, guint8 *digest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DigestParts, digest_parts_free)

G_END_DECLS
