/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "transfer/digest.h"

G_BEGIN_DECLS

/* The digest of a file whose parts of DIGEST_PART bytes come in any order, from any thread. Of a
 * segment that is complete only its node is kept. */

typedef struct DigestParts DigestParts;

/** digest_parts_new: Returns: owned by the caller. */
DigestParts *digest_parts_new(void);
void digest_parts_free(DigestParts *self);

/**
 * digest_parts_add:
 * @hasher: the calling thread's own
 * @data: whole blocks, a multiple of DIGEST_PART of them but at the file's end; not one alone
 * @offset: where in the file, a multiple of DIGEST_PART; every part is added once
 */
void digest_parts_add(DigestParts *self, DigestSegment *hasher, const guint8 *data,
                      guint64 offset, gsize length);

/**
 * digest_parts_finish:
 * @size: the file's bytes, all of which were added
 * @digest: (out): DIGEST_BYTES bytes
 *
 * Returns: the nodes of its segments, owned by the caller.
 */
guint8 *digest_parts_finish(DigestParts *self, guint64 size, guint8 *digest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DigestParts, digest_parts_free)

G_END_DECLS
