/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "transfer/memory-source.h"

typedef struct {
    Source parent;
    GBytes *bytes;
} MemorySource;

static gboolean
memory_source_read(Source *source, guint worker, void *buffer, guint64 offset, gsize length,
                   GError **error)
{
    MemorySource *self = (MemorySource *)source;
    const guint8 *data = g_bytes_get_data(self->bytes, NULL);

    memcpy(buffer, data + offset, length);

    return TRUE;
}

static void
memory_source_free(Source *source)
{
    MemorySource *self = (MemorySource *)source;

    g_bytes_unref(self->bytes);
    g_free(source->what);
    g_free(self);
}

static const SourceOps memory_source_ops = {
    .name = "memory",
    .read = memory_source_read,
    .free = memory_source_free,
};

Source *
memory_source_new(GBytes *bytes, const char *what)
{
    MemorySource *self = g_new0(MemorySource, 1);

    self->parent.ops = &memory_source_ops;
    self->parent.what = g_strdup(what);
    self->parent.size = g_bytes_get_size(bytes);
    self->bytes = g_bytes_ref(bytes);

    return &self->parent;
}
