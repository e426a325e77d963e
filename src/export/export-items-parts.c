/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/export-items-private.h"

static void
store_parts(EngineItem *engine, gsize index, const guint8 *parts)
{
    const ExportItem *self = engine->user_data;

    part_cache_write(self->parts, index, parts);
}

void
export_item_keep_parts(ExportItem *self)
{
    self->parts = part_cache_new();
    self->engine.hashed = store_parts;
}

PartCache *
export_item_take_parts(ExportItem *self)
{
    const ManifestFile *base = self->parts ? self->layer->base : NULL;

    if (self->parts)
        part_cache_name(self->parts, self->engine.digest, base ? base->digest : NULL);

    return g_steal_pointer(&self->parts);
}

/* --- the content of a disk ------------------------------------------------------------- */

/* What the base has of the disk, or what below the item's own image is the base's. */
static const ManifestFile *
base_of(const ExportItem *self)
{
    return self->layer->backing ? self->layer->backing->base : self->layer->base;
}

void
export_item_note_contents(ExportItem *self, const ExportBase *base, guint64 size)
{
    const ManifestFile *before = base_of(self);
    guint8 key[DIGEST_BYTES];

    if (before && self->engine.want_digest &&
        content_nodes_key(base, before, before->capacity, NULL, NULL, key))
        self->contents = content_nodes_new(size, key);
}

/* The name of what the export has of the disk. */
static gboolean
find_key(const ExportItem *self, const ExportBase *base, guint8 *key)
{
    const PlanLayer *layer = self->layer;
    const ManifestFile *before = base_of(self);

    if (self->dropped || self->way == PLAN_WAY_LINK)
        return content_nodes_key(base, before, before->capacity, NULL, NULL, key);

    return content_nodes_key(base, self->way == PLAN_WAY_CHANGES ? before : NULL, layer->capacity,
                             layer->format, self->engine.digest, key);
}

PartCache *
export_item_take_contents(ExportItem *self, const ExportBase *base)
{
    guint8 key[DIGEST_BYTES];

    if (!self->contents || !find_key(self, base, key))
        return NULL;

    content_nodes_forget(self->contents, changes_units(self->changes), CHANGES_UNIT);

    return content_nodes_finish(g_steal_pointer(&self->contents), key);
}
