/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "qcow2/layout.h"
#include "qcow2/renewed-map.h"
#include "qcow2/renewed-source.h"

#define CLUSTER WRITTEN_CLUSTER

typedef struct {
    Sink parent;
    Sink *file;                  /* owned */
    const RenewedMap *map;       /* not owned */
    guint64 shared;              /* atomic: bytes */
} RenewedSink;

guint64
renewed_sink_shared(const Sink *sink)
{
    return __atomic_load_n(&((const RenewedSink *)sink)->shared, __ATOMIC_RELAXED);
}

static gboolean
differs_at(const RenewedMap *self, guint64 at)
{
    return renewed_map_place(self, at).kind != PLACE_IMAGE;
}

static gboolean
renewed_sink_write(Sink *sink, const void *buffer, guint64 offset, gsize length, GError **error)
{
    RenewedSink *self = (RenewedSink *)sink;
    const guint8 *data = buffer;

    while (length > 0) {
        gboolean other = differs_at(self->map, offset / CLUSTER);
        gsize part = CLUSTER - offset % CLUSTER;

        while (part < length && differs_at(self->map, (offset + part) / CLUSTER) == other)
            part += CLUSTER;
        part = MIN(part, length);
        if (!other)
            __atomic_fetch_add(&self->shared, part, __ATOMIC_RELAXED);
        else if (!self->file->ops->write(self->file, data, offset, part, error))
            return FALSE;
        data += part;
        offset += part;
        length -= part;
    }

    return TRUE;
}

static gboolean
renewed_sink_sync(Sink *sink, GError **error)
{
    Sink *file = ((RenewedSink *)sink)->file;

    return file->ops->sync(file, error);
}

static gboolean
renewed_sink_flush(Sink *sink, GError **error)
{
    Sink *file = ((RenewedSink *)sink)->file;

    return file->ops->flush(file, error);
}

static void
renewed_sink_free(Sink *sink)
{
    RenewedSink *self = (RenewedSink *)sink;

    sink_free(self->file);
    g_free(sink->what);
    g_free(self);
}

static const SinkOps renewed_sink_ops = {
    .name = "renewed",
    .write = renewed_sink_write,
    .sync = renewed_sink_sync,
    .flush = renewed_sink_flush,
    .free = renewed_sink_free,
};

/* Zeros are not written, so what is another one has to read as zeros first. */
static gboolean
clear_places(const RenewedMap *map, Sink *file, GError **error)
{
    const GArray *places = map->places;

    for (guint i = 0; i < places->len;) {
        guint64 at = g_array_index(places, Place, i).at;
        guint64 n = 1;

        while (i + n < places->len && g_array_index(places, Place, i + n).at == at + n)
            n++;
        if (!file->ops->clear(file, at * CLUSTER, n * CLUSTER, error))
            return FALSE;
        i += (guint)n;
    }

    return TRUE;
}

Sink *
renewed_sink_new(Sink *file, const Source *source, GError **error)
{
    RenewedSink *self;

    if (!clear_places(renewed_source_map(source), file, error)) {
        sink_free(file);
        return NULL;
    }
    self = g_new0(RenewedSink, 1);
    self->parent.ops = &renewed_sink_ops;
    self->parent.what = g_strdup(file->what);
    self->parent.size = file->size;
    self->file = file;
    self->map = renewed_source_map(source);

    return &self->parent;
}
