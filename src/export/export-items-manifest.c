/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "export/export-items-private.h"

EngineItem *
export_item_engine(ExportItem *self)
{
    return &self->engine;
}

const PlanLayer *
export_item_layer(const ExportItem *self)
{
    return self->layer;
}

/* When the file was last written to, for who has the export as its base. */
static OriginTime
written_at(const ExportItem *self)
{
    struct stat st;

    if (fstatat(self->dirfd, self->layer->file, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return (OriginTime){0, 0};

    return (OriginTime){st.st_mtim.tv_sec, (guint32)st.st_mtim.tv_nsec};
}

/* What the base says of it holds here, too. */
static void
describe_linked(ManifestFile *file, const ManifestFile *base)
{
    file->linked = TRUE;
    file->flattened = base->flattened;
    file->bytes = base->bytes;
    file->has_digest = base->has_digest;
    memcpy(file->digest, base->digest, DIGEST_BYTES);
    file->nodes = base->nodes ? g_bytes_ref(base->nodes) : NULL;
    g_free(file->source);
    file->source = g_strdup(base->source);
}

static void
describe_layer(ManifestFile *file, const ExportItem *self)
{
    const PlanLayer *layer = self->layer;
    const EngineItem *item = &self->engine;

    file->format = g_strdup(layer->format);
    file->capacity = layer->capacity;
    file->backing = layer->backing ? g_strdup(layer->backing->file) : NULL;
    file->source = g_strdup(layer->source->path);
    file->flattened = plan_layer_is_whole(layer) || layer->domain;
    file->written = written_at(self);
    for (guint i = 0; i < self->origins->len; i++)
        g_ptr_array_add(file->origins, origin_copy(g_ptr_array_index(self->origins, i)));
    if (self->way == PLAN_WAY_LINK)
        describe_linked(file, layer->base);
    else if (item->want_digest)
        file->nodes = g_bytes_new(item->nodes, item->n_nodes * DIGEST_BYTES);
}

gboolean
export_item_is_linked(const ExportItem *self)
{
    return self->linked;
}

gboolean
export_item_is_dropped(const ExportItem *self)
{
    return self->dropped;
}

guint64
export_item_kept(const ExportItem *self)
{
    return self->kept;
}

ManifestFile *
export_item_manifest(const ExportItem *self)
{
    ManifestFile *file = manifest_file_new();

    file->path = g_strdup(self->layer ? self->layer->file : self->file->path);
    file->role = g_strdup(self->layer ? "layer" : self->file->role);
    file->bytes = self->size;
    file->has_digest = self->engine.want_digest;
    memcpy(file->digest, self->engine.digest, DIGEST_BYTES);
    if (self->layer)
        describe_layer(file, self);

    return file;
}
