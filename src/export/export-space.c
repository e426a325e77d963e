/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/export.h"
#include "util/format.h"

/* Space for directories, the manifest and metadata of the file system. */
#define SPACE_EXTRA ((guint64)4 << 20)

static gboolean
is_on(const Layer *layer, const TargetSpace *space)
{
    return !layer->block && layer->device == space->device;
}

static guint64
chain_allocated(const Layer *top)
{
    guint64 bytes = 0;

    for (const Layer *layer = top; layer; layer = layer->backing)
        bytes += layer->allocated;

    return bytes;
}

static guint64
layer_needs(const PlanLayer *layer, const TargetSpace *space)
{
    guint64 largest = 0;

    if (layer->way == PLAN_WAY_LINK || (layer->since && layer->way == PLAN_WAY_CHANGES &&
                                        layer->level == 0))
        return layer->bytes;
    if (layer->way == PLAN_WAY_RENEW)
        return space->clones && layer->before->device == space->device
                   ? MIN(layer->since_bytes, chain_allocated(layer->source))
                   : layer->base->bytes;
    /* How much has changed is not known, nor how much can be compressed, nor what of a raw device
     * is zeros. */
    if (layer->way == PLAN_WAY_CHANGES || layer->level > 0 ||
        (layer->way == PLAN_WAY_COPY && !layer->source->measured))
        return 0;
    if (layer->way == PLAN_WAY_COPY)
        return space->clones && is_on(layer->source, space) ? 0 : layer->bytes;
    /* Before the layers are read, it is not known how much of each the layers above hide. Only the
     * minimum is certain: the flattened image cannot be smaller than the largest layer can be
     * reduced to. If there is too little space, writing fails later. */
    for (const Layer *below = layer->source; below; below = below->backing)
        largest = MAX(largest, below->measured ? below->allocated : 0);

    return MIN(largest, layer->bytes);
}

gboolean
export_check_space(const Plan *plan, const Target *target, GError **error)
{
    g_autofree char *needed = NULL;
    g_autofree char *there = NULL;
    TargetSpace space;
    guint64 bytes = SPACE_EXTRA;

    if (!target_space(target, &space, error))
        return FALSE;
    for (guint i = 0; i < plan->layers->len; i++)
        bytes += layer_needs(g_ptr_array_index(plan->layers, i), &space);
    for (guint i = 0; i < plan->files->len; i++)
        bytes += ((const PlanFile *)g_ptr_array_index(plan->files, i))->bytes;
    if (bytes <= space.free)
        return TRUE;
    needed = format_bytes(bytes);
    there = format_bytes(space.free);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NO_SPACE,
                _("The export to '%s' needs %s, and the file system has %s left; make room or "
                  "export to another directory"),
                target_path(target), needed, there);

    return FALSE;
}
