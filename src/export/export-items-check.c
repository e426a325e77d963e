/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/export-items-private.h"

gboolean
export_item_check(ExportItem *self, GError **error)
{
    gboolean read = self->layer && self->way != PLAN_WAY_LINK;
    gboolean copy = read && self->way == PLAN_WAY_COPY;

    for (const Layer *layer = read ? plan_layer_frozen(self->layer) : NULL; layer;
         layer = copy ? NULL : layer->backing) {
        g_autoptr(GError) problem = NULL;

        if (g_atomic_int_get(&self->finished))
            return TRUE;
        if (layer_probe(layer, &problem))
            continue;
        /* Once it is read, others may do with it what they like. */
        if (g_atomic_int_get(&self->finished))
            return TRUE;
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }

    return TRUE;
}

gboolean
export_item_needs(ExportItem *self, const char *uuid)
{
    return self->layer && self->layer->domain &&
           g_strcmp0(self->layer->domain->uuid, uuid) == 0 && !g_atomic_int_get(&self->finished);
}
