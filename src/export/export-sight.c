/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/export-sight.h"

static gboolean
sees_chain(Hypervisor *hypervisor, const Layer *top, GError **error)
{
    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (!hypervisor->ops->sees(hypervisor, layer->path, error))
            return FALSE;
    }

    return TRUE;
}

/* Also checks the names by which the domain knows its images, which may be symbolic links. */
static gboolean
sees_disks(Hypervisor *hypervisor, const PlanSnapshot *snapshot, GError **error)
{
    for (guint i = 0; i < snapshot->disks->len; i++) {
        const PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);

        for (const StorageDef *one = disk->top ? disk->def->storage : NULL; one;
             one = one->backing) {
            if (one->path && !hypervisor->ops->sees(hypervisor, one->path, error))
                return FALSE;
        }
    }

    return TRUE;
}

gboolean
export_sees_files(Hypervisor *hypervisor, const Plan *plan, GError **error)
{
    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);

        if (!sees_chain(hypervisor, layer->source, error))
            return FALSE;
    }
    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(plan->files, i);

        if (file->source && !hypervisor->ops->sees(hypervisor, file->source, error))
            return FALSE;
    }
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        for (guint j = 0; j < domain->snapshots->len; j++) {
            if (!sees_disks(hypervisor, g_ptr_array_index(domain->snapshots, j), error))
                return FALSE;
        }
    }

    return TRUE;
}
