/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "transfer/block-hash.h"
#include "transfer/digest.h"

/* Number of hashes in one block of the tree. */
#define FANOUT (DIGEST_BLOCK / DIGEST_BYTES)
#define SEGMENT_BLOCKS (DIGEST_SEGMENT / DIGEST_BLOCK)

/* The levels of the tree within one segment: its data blocks, the blocks of their hashes, and the
 * block of the hashes of those. */
#define LEVELS 3

struct DigestSegment {
    BlockHash *hash;
    gsize n_blocks;
    /* The incomplete tree block of each level above the data. */
    guint8 pending[LEVELS - 1][DIGEST_BLOCK];
    gsize n_pending[LEVELS - 1];
    guint8 node[DIGEST_BYTES]; /* the last hash of the topmost level */
    guint8 zero[LEVELS][DIGEST_BYTES]; /* hash of an all-zero subtree, by level */
};

/* Computes the hash of an all-zero subtree for each level: its tree block has 128 times the hash of
 * the level below. */
static void
compute_zeros(DigestSegment *self)
{
    guint8 block[DIGEST_BLOCK] = {0};

    for (int level = 0; level < LEVELS; level++) {
        block_hash_one(self->hash, block, sizeof block, self->zero[level]);
        for (int i = 0; i < FANOUT; i++)
            memcpy(block + i * DIGEST_BYTES, self->zero[level], DIGEST_BYTES);
    }
}

DigestSegment *
digest_segment_new(void)
{
    DigestSegment *self = g_new0(DigestSegment, 1);

    self->hash = block_hash_new();
    compute_zeros(self);

    return self;
}

void
digest_segment_free(DigestSegment *self)
{
    if (!self)
        return;
    block_hash_free(self->hash);
    g_free(self);
}

void
digest_segment_begin(DigestSegment *self)
{
    self->n_blocks = 0;
    memset(self->n_pending, 0, sizeof self->n_pending);
}

static void add_hash(DigestSegment *self, int level, const guint8 *value);

/* Pads the incomplete tree block of @level with zeros and adds its hash to the level above. */
static void
fold_level(DigestSegment *self, int level)
{
    guint8 value[DIGEST_BYTES];
    gsize used = self->n_pending[level] * DIGEST_BYTES;

    memset(self->pending[level] + used, 0, DIGEST_BLOCK - used);
    block_hash_one(self->hash, self->pending[level], DIGEST_BLOCK, value);
    self->n_pending[level] = 0;
    add_hash(self, level + 1, value);
}

static void
add_hash(DigestSegment *self, int level, const guint8 *value)
{
    if (level == LEVELS - 1) {
        memcpy(self->node, value, DIGEST_BYTES);
        return;
    }
    memcpy(self->pending[level] + self->n_pending[level] * DIGEST_BYTES, value, DIGEST_BYTES);
    if (++self->n_pending[level] == FANOUT)
        fold_level(self, level);
}

void
digest_segment_data(DigestSegment *self, const void *blocks, gsize n_blocks)
{
    const guint8 *block = blocks;

    g_return_if_fail(self->n_blocks + n_blocks <= SEGMENT_BLOCKS);
    self->n_blocks += n_blocks;
    /* Hash as many blocks at once as fit into the tree block. */
    while (n_blocks > 0) {
        gsize n = MIN(n_blocks, FANOUT - self->n_pending[0]);

        block_hash_many(self->hash, block, DIGEST_BLOCK, n,
                        self->pending[0] + self->n_pending[0] * DIGEST_BYTES);
        self->n_pending[0] += n;
        if (self->n_pending[0] == FANOUT)
            fold_level(self, 0);
        block += n * DIGEST_BLOCK;
        n_blocks -= n;
    }
}

void
digest_segment_hole(DigestSegment *self, gsize n_blocks)
{
    g_return_if_fail(self->n_blocks + n_blocks <= SEGMENT_BLOCKS);
    self->n_blocks += n_blocks;
    while (n_blocks > 0) {
        /* The hash of a whole tree block of zero blocks is precomputed. */
        if (self->n_pending[0] == 0 && n_blocks >= FANOUT) {
            add_hash(self, 1, self->zero[1]);
            n_blocks -= FANOUT;
        } else {
            add_hash(self, 0, self->zero[0]);
            n_blocks--;
        }
    }
}

void
digest_segment_part(DigestSegment *self, const guint8 *node, gsize n_blocks)
{
    g_return_if_fail(self->n_pending[0] == 0);
    g_return_if_fail(self->n_blocks + n_blocks <= SEGMENT_BLOCKS);
    self->n_blocks += n_blocks;
    add_hash(self, 1, node);
}

void
digest_segment_finish(DigestSegment *self, gboolean only, guint8 *node)
{
    /* The tree of a small file has fewer levels: the hash of a single block is the root, and up to
     * 128 blocks need one tree block. */
    if (only && self->n_blocks == 1) {
        memcpy(node, self->pending[0], DIGEST_BYTES);
        return;
    }
    if (self->n_pending[0] > 0)
        fold_level(self, 0);
    if (only && self->n_blocks <= FANOUT) {
        memcpy(node, self->pending[1], DIGEST_BYTES);
        return;
    }
    if (self->n_pending[1] > 0)
        fold_level(self, 1);
    memcpy(node, self->node, DIGEST_BYTES);
}

const guint8 *
digest_segment_parts(const DigestSegment *self)
{
    return self->pending[1];
}

const guint8 *
digest_segment_zeros(const DigestSegment *self)
{
    return self->zero[LEVELS - 1];
}

void
digest_part(DigestSegment *self, const void *blocks, gsize n_blocks, guint8 *node)
{
    digest_segment_begin(self);
    digest_segment_data(self, blocks, n_blocks);
    if (self->n_pending[0] > 0)
        fold_level(self, 0);
    memcpy(node, self->pending[1], DIGEST_BYTES);
}

void
digest_fold_parts(DigestSegment *self, const guint8 *parts, gsize n, gboolean only, guint8 *node)
{
    guint8 block[DIGEST_BLOCK] = {0};

    memcpy(block, parts, n * DIGEST_BYTES);
    if (only && n == 1)
        memcpy(node, parts, DIGEST_BYTES);
    else
        block_hash_one(self->hash, block, sizeof block, node);
}

gsize
digest_n_parts(guint64 size, gsize index)
{
    guint64 bytes = MIN(size - index * DIGEST_SEGMENT, DIGEST_SEGMENT);

    return (gsize)((bytes + DIGEST_PART - 1) / DIGEST_PART);
}

gsize
digest_n_segments(guint64 size)
{
    return (gsize)(size / DIGEST_SEGMENT + (size % DIGEST_SEGMENT > 0));
}

/* Hashes the nodes level by level until a single hash, the root, is left. */
static void
fold_nodes(DigestSegment *self, const guint8 *nodes, gsize n, guint8 *root)
{
    g_autofree guint8 *level = g_malloc(((n + FANOUT - 1) / FANOUT) * DIGEST_BYTES);
    const guint8 *below = nodes;

    while (n > 1) {
        gsize n_above = (n + FANOUT - 1) / FANOUT;

        for (gsize i = 0; i < n_above; i++) {
            guint8 block[DIGEST_BLOCK] = {0};
            gsize used = MIN(n - i * FANOUT, (gsize)FANOUT);

            memcpy(block, below + i * DIGEST_BLOCK, used * DIGEST_BYTES);
            block_hash_one(self->hash, block, sizeof block, level + i * DIGEST_BYTES);
        }
        n = n_above;
        below = level;
    }
    memcpy(root, below, DIGEST_BYTES);
}

void
digest_fold(const guint8 *nodes, guint64 size, guint8 *digest)
{
    /* struct fsverity_descriptor: 256 bytes, little endian. */
    struct {
        guint8 version;
        guint8 hash_algorithm;
        guint8 log_blocksize;
        guint8 salt_size;
        guint32 reserved;
        guint64 data_size;
        guint8 root_hash[64];
        guint8 salt[32];
        guint8 more_reserved[144];
    } descriptor = {
        .version = 1,
        .hash_algorithm = 1, /* SHA-256 */
        .log_blocksize = 12,
        .data_size = GUINT64_TO_LE(size),
    };
    g_autoptr(DigestSegment) self = digest_segment_new();

    G_STATIC_ASSERT(sizeof descriptor == 256);
    /* The root hash of an empty file is all zeros by definition. */
    if (size > 0)
        fold_nodes(self, nodes, digest_n_segments(size), descriptor.root_hash);
    block_hash_one(self->hash, &descriptor, sizeof descriptor, digest);
}

void
digest_bytes(const void *data, gsize length, guint8 *digest)
{
    g_autoptr(DigestSegment) segment = digest_segment_new();
    gsize n = digest_n_segments(length);
    g_autofree guint8 *nodes = g_malloc0(n * DIGEST_BYTES + 1);
    const guint8 *bytes = data;

    for (gsize i = 0; i < n; i++) {
        gsize part = MIN(length - i * DIGEST_SEGMENT, DIGEST_SEGMENT);
        gsize whole = part / DIGEST_BLOCK;
        guint8 last[DIGEST_BLOCK] = {0};

        digest_segment_begin(segment);
        digest_segment_data(segment, bytes + i * DIGEST_SEGMENT, whole);
        if (part % DIGEST_BLOCK > 0) {
            memcpy(last, bytes + i * DIGEST_SEGMENT + whole * DIGEST_BLOCK, part % DIGEST_BLOCK);
            digest_segment_data(segment, last, 1);
        }
        digest_segment_finish(segment, n == 1, nodes + i * DIGEST_BYTES);
    }
    digest_fold(nodes, length, digest);
}

char *
digest_to_string(const guint8 *digest)
{
    g_autoptr(GString) text = g_string_new("sha256:");

    for (int i = 0; i < DIGEST_BYTES; i++)
        g_string_append_printf(text, "%02x", digest[i]);

    return g_string_free(g_steal_pointer(&text), FALSE);
}
