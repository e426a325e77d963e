/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "export/content-nodes.h"

/* Anything else that is hashed for a name begins with something else. */
#define KEY_BEGIN "virtsnap content 1"

struct ContentNodes {
    guint64 size;
    guint8 key[DIGEST_BYTES];   /* of what was before */
    guint8 zeros[DIGEST_BYTES]; /* the node of a part of zeros, which is kept as no node */
    PartCache *before;          /* (nullable), owned, as the next one */
    PartCache *now;
    GMutex lock; /* guards what follows */
    guint64 noted; /* bytes */
};

/* --- the name -------------------------------------------------------------------------- */

static void
add_image(GChecksum *sum, const char *format, const guint8 *digest)
{
    g_checksum_update(sum, (const guchar *)format, (gssize)strlen(format) + 1);
    g_checksum_update(sum, digest, DIGEST_BYTES);
}

gboolean
content_nodes_key(const ExportBase *base, const ManifestFile *below, guint64 capacity,
                  const char *format, const guint8 *digest, guint8 *key)
{
    g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);
    g_autofree char *begin = g_strdup_printf(KEY_BEGIN " %" G_GUINT64_FORMAT, capacity);
    gsize length = DIGEST_BYTES;

    g_checksum_update(sum, (const guchar *)begin, (gssize)strlen(begin) + 1);
    if (digest)
        add_image(sum, format, digest);
    for (const ManifestFile *file = below; file; file = export_base_below(base, file)) {
        if (!file->has_digest)
            return FALSE;
        add_image(sum, file->format, file->digest);
    }
    g_checksum_get_digest(sum, key, &length);

    return TRUE;
}

/* --- the nodes ------------------------------------------------------------------------- */

static void
hash_zeros(guint8 *node)
{
    g_autoptr(DigestSegment) hasher = digest_segment_new();
    g_autofree guint8 *zeros = g_malloc0(DIGEST_PART);

    digest_part(hasher, zeros, DIGEST_PART / DIGEST_BLOCK, node);
}

ContentNodes *
content_nodes_new(guint64 size, const guint8 *before)
{
    ContentNodes *self = g_new0(ContentNodes, 1);

    g_mutex_init(&self->lock);
    self->size = size;
    memcpy(self->key, before, DIGEST_BYTES);
    hash_zeros(self->zeros);
    self->before = part_cache_open_sealed(before);
    self->now = part_cache_new_sealed(size / DIGEST_PART + (size % DIGEST_PART > 0));

    return self;
}

void
content_nodes_free(ContentNodes *self)
{
    if (!self)
        return;
    part_cache_free(self->before);
    part_cache_free(self->now);
    g_mutex_clear(&self->lock);
    g_free(self);
}

void
content_nodes_hole(ContentNodes *self, guint64 length)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);

    self->noted += length;
}

gboolean
content_nodes_same(ContentNodes *self, DigestSegment *hasher, guint64 offset, const guint8 *data)
{
    guint8 node[DIGEST_BYTES], before[DIGEST_BYTES];
    guint64 part = offset / DIGEST_PART;

    digest_part(hasher, data, DIGEST_PART / DIGEST_BLOCK, node);
    if (memcmp(node, self->zeros, DIGEST_BYTES) == 0)
        memset(node, 0, DIGEST_BYTES);
    part_cache_put(self->now, part, node);
    content_nodes_hole(self, MIN(DIGEST_PART, self->size - offset));

    return self->before && part_cache_get(self->before, part, before) &&
           memcmp(node, before, DIGEST_BYTES) == 0;
}

void
content_nodes_forget(ContentNodes *self, const RankedBits *changed, guint64 unit)
{
    const guint64 units = DIGEST_PART / unit;
    guint64 n = self->size / unit + (self->size % unit > 0);
    guint8 none[DIGEST_BYTES];

    /* No data have that node. */
    memset(none, 0xff, sizeof none);
    for (guint64 i = 0; i < n; i++) {
        if (!ranked_bits_has(changed, i))
            continue;
        part_cache_put(self->now, i / units, none);
        i |= units - 1;
    }
}

PartCache *
content_nodes_finish(ContentNodes *self, const guint8 *key)
{
    PartCache *now = NULL;

    if (self->noted == self->size) {
        now = g_steal_pointer(&self->now);
        part_cache_name(now, key, self->key);
    }
    content_nodes_free(self);

    return now;
}
