/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* The fs-verity file digest (Linux Documentation/filesystems/fsverity.rst): a Merkle tree of
 * SHA-256 over 4096-byte blocks without salt, and the SHA-256 of the descriptor that holds its
 * root. Computed out of order: an aligned segment of 64 MiB (128 x 128 blocks) folds into one
 * node of 32 bytes, and only the nodes are kept. */

#define DIGEST_BLOCK 4096
#define DIGEST_BYTES 32
#define DIGEST_SEGMENT ((guint64)64 << 20)

/** Hashes one segment at a time; each worker has its own. */
typedef struct DigestSegment DigestSegment;

/** digest_segment_new: Returns: owned by the caller. */
DigestSegment *digest_segment_new(void);
void digest_segment_free(DigestSegment *self);

/** Starts a new segment and discards the state of an earlier one. */
void digest_segment_begin(DigestSegment *self);

/**
 * digest_segment_data:
 * @blocks: whole blocks; the last one of a file padded with zeros
 * @n_blocks: how many of them
 */
void digest_segment_data(DigestSegment *self, const void *blocks, gsize n_blocks);

/** Adds @n_blocks blocks of zeros, which costs nothing. */
void digest_segment_hole(DigestSegment *self, gsize n_blocks);

/**
 * digest_segment_finish:
 * @only: TRUE if this is the file's only segment, whose node is the root of the tree
 * @node: (out): DIGEST_BYTES bytes
 */
void digest_segment_finish(DigestSegment *self, gboolean only, guint8 *node);

/** digest_segment_parts: Returns: (transfer none): the nodes of the parts of the segment that was
 * finished, in order, DIGEST_SEGMENT_PARTS of DIGEST_BYTES each; what is behind the last one means
 * nothing. Valid until the next segment begins. */
const guint8 *digest_segment_parts(const DigestSegment *self);

/** digest_segment_zeros: Returns: (transfer none): the node of a whole segment of zeros in a file
 * of several segments; valid as long as @self. */
const guint8 *digest_segment_zeros(const DigestSegment *self);

/** Bytes of data whose hashes fill one block of the tree: 128 blocks. */
#define DIGEST_PART ((guint64)DIGEST_BLOCK * (DIGEST_BLOCK / DIGEST_BYTES))
#define DIGEST_SEGMENT_PARTS ((gsize)(DIGEST_SEGMENT / DIGEST_PART))

/**
 * digest_segment_part:
 * @node: of a part whose data were hashed before, as digest_part() makes it
 * @n_blocks: of the part; fewer than 128 only at the end of the file
 *
 * Adds a part by its node. What was added before has to end with a whole part.
 */
void digest_segment_part(DigestSegment *self, const guint8 *node, gsize n_blocks);

/**
 * digest_part:
 * @blocks: the data of one aligned part, padded with zeros to whole blocks
 * @n_blocks: 128; for the last part of the file 2..128
 * @node: (out): DIGEST_BYTES bytes
 */
void digest_part(DigestSegment *self, const void *blocks, gsize n_blocks, guint8 *node);

/**
 * digest_fold_parts:
 * @parts: a node of DIGEST_BYTES for each part of one segment, in order, @n of them, 1..128
 * @only: TRUE if the file has no other segment
 * @node: (out): the segment's node
 */
void digest_fold_parts(DigestSegment *self, const guint8 *parts, gsize n, gboolean only,
                       guint8 *node);

/** digest_n_parts: Returns: the number of parts of segment @index of a file of @size bytes, which
 * has that segment. */
gsize digest_n_parts(guint64 size, gsize index);

/** digest_n_segments: Returns: the number of segments of a file of @size bytes; 0 for an empty
 * file. */
gsize digest_n_segments(guint64 size);

/**
 * digest_fold:
 * @nodes: the nodes of all segments in order, DIGEST_BYTES each
 * @size: the file's bytes
 * @digest: (out): DIGEST_BYTES bytes
 */
void digest_fold(const guint8 *nodes, guint64 size, guint8 *digest);

/** Computes the digest of a file whose whole content is in memory. @digest: (out): DIGEST_BYTES
 * bytes. */
void digest_bytes(const void *data, gsize length, guint8 *digest);

/** digest_to_string: Returns: "sha256:" and hex digits, as fsverity(1) prints it, owned by the
 * caller. */
char *digest_to_string(const guint8 *digest);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(DigestSegment, digest_segment_free)

G_END_DECLS
