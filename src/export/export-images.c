/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/export-images.h"
#include "qcow2/image-end.h"
#include "util/fd.h"

static gboolean
check_image_complete(const Layer *layer, GError **error)
{
    auto_fd fd = -1;

    if (!g_str_equal(layer->format, "qcow2"))
        return TRUE;
    fd = layer_open(layer, error);

    return fd >= 0 && image_end_check(fd, layer->size, layer->path, error);
}

gboolean
export_images_check(const Plan *plan, Control *control, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);
        const Layer *first = layer->live ? layer->source->backing : layer->source;

        /* What QEMU reads is its own to check, and what is linked is not read. */
        if (layer->domain || layer->way == PLAN_WAY_LINK)
            continue;
        for (const Layer *one = first; one;
             one = plan_layer_is_whole(layer) ? one->backing : NULL) {
            if (!g_hash_table_add(seen, one->path))
                continue;
            if (!control_pass(control, 0, error) || !check_image_complete(one, error))
                return FALSE;
        }
    }

    return TRUE;
}
