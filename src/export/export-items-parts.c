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
