/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "transfer/digest-parts.h"

/* A segment whose parts have not all been hashed yet. */
typedef struct {
    guint8 parts[DIGEST_SEGMENT_PARTS * DIGEST_BYTES];
    guint n;
} OpenSegment;

struct DigestParts {
    GMutex lock; /* guards all below */
    GHashTable *segments; /* index -> OpenSegment */
    GByteArray *nodes;    /* nodes of the complete segments, each at the position of its index */
};

DigestParts *
digest_parts_new(void)
{
    DigestParts *self = g_new0(DigestParts, 1);

    g_mutex_init(&self->lock);
    self->segments = g_hash_table_new_full(NULL, NULL, NULL, g_free);
    self->nodes = g_byte_array_new();

    return self;
}

void
digest_parts_free(DigestParts *self)
{
    if (!self)
        return;
    g_mutex_clear(&self->lock);
    g_hash_table_unref(self->segments);
    g_byte_array_unref(self->nodes);
    g_free(self);
}

static void
close_segment(DigestParts *self, DigestSegment *hasher, guint64 index, gboolean only)
{
    gpointer key = GSIZE_TO_POINTER(index);
    const OpenSegment *segment = g_hash_table_lookup(self->segments, key);
    gsize end = (gsize)(index + 1) * DIGEST_BYTES;

    if (!segment)
        return;
    if (self->nodes->len < end)
        g_byte_array_set_size(self->nodes, (guint)end);
    digest_fold_parts(hasher, segment->parts, segment->n, only,
                      self->nodes->data + end - DIGEST_BYTES);
    g_hash_table_remove(self->segments, key);
}

static void
keep_part(DigestParts *self, DigestSegment *hasher, guint64 part, const guint8 *node)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    guint64 index = part / DIGEST_SEGMENT_PARTS;
    OpenSegment *segment = g_hash_table_lookup(self->segments, GSIZE_TO_POINTER(index));

    if (!segment) {
        segment = g_new0(OpenSegment, 1);
        g_hash_table_insert(self->segments, GSIZE_TO_POINTER(index), segment);
    }
    memcpy(segment->parts + part % DIGEST_SEGMENT_PARTS * DIGEST_BYTES, node, DIGEST_BYTES);
    if (++segment->n == DIGEST_SEGMENT_PARTS)
        close_segment(self, hasher, index, FALSE);
}

void
digest_parts_add(DigestParts *self, DigestSegment *hasher, const guint8 *data, guint64 offset,
                 gsize length)
{
    for (gsize at = 0; at < length; at += DIGEST_PART) {
        guint8 node[DIGEST_BYTES];

        digest_part(hasher, data + at, (gsize)MIN(DIGEST_PART, length - at) / DIGEST_BLOCK, node);
        keep_part(self, hasher, (offset + at) / DIGEST_PART, node);
    }
}

guint8 *
digest_parts_finish(DigestParts *self, guint64 size, guint8 *digest)
{
    g_autoptr(DigestSegment) hasher = digest_segment_new();
    gsize n = digest_n_segments(size);

    /* The last segment may have fewer parts, so it is still open here. */
    close_segment(self, hasher, n - 1, n == 1);
    digest_fold(self->nodes->data, size, digest);

    return g_memdup2(self->nodes->data, n * DIGEST_BYTES);
}
