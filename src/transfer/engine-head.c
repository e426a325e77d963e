/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "transfer/engine-head.h"

gboolean
engine_head_write(EngineItem *item, GError **error)
{
    gsize length;
    const void *data = g_bytes_get_data(item->head, &length);
    gsize padded = (length + DIGEST_BLOCK - 1) / DIGEST_BLOCK * DIGEST_BLOCK;
    g_autoptr(GBytes) owner = NULL;
    guint8 *block = NULL;
    gboolean ok;

    /* If the head ends within a block, the rest of that block comes from the source. */
    if (posix_memalign((void **)&block, DIGEST_BLOCK, padded) != 0)
        g_error("out of memory");
    owner = g_bytes_new_with_free_func(block, padded, free, block);
    memset(block, 0, padded);
    ok = item->source->ops->read(item->source, 0, block, 0,
                                 (gsize)MIN(padded, item->source->size), error);
    if (!ok)
        return FALSE;
    memcpy(block, data, length);

    return item->sink->ops->write(item->sink, block, 0, (gsize)MIN(padded, item->source->size),
                                  error);
}

void
engine_head_apply(const EngineItem *item, guint8 *buffer, guint64 offset, gsize length)
{
    gsize head_length = item->head ? g_bytes_get_size(item->head) : 0;
    const guint8 *head = item->head ? g_bytes_get_data(item->head, NULL) : NULL;

    if (offset < head_length)
        memcpy(buffer, head + offset, MIN(length, head_length - (gsize)offset));
}
