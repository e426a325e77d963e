/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#include "export/plan-files.h"
#include "export/plan-frozen.h"
#include "export/plan-internal.h"
#include "export/plan-layers.h"
#include "image/layer-snapshots.h"

/* Seconds within which an internal snapshot in an image is usually created after libvirt began the
 * snapshot: QEMU pauses a running domain first; for a domain that is shut off, qemu-img handles one
 * image after the other. */
#define USUAL_RUNNING 10
#define USUAL_OFF 1
/* The maximum in seconds, if libvirt waits for another job on the domain. */
#define LATEST 60
/* libvirt and QEMU use the same clock, but it may be adjusted in between. */
#define EARLIEST (-1)

/* Checks the time of the internal snapshot: one that was deleted and created again under the same
 * name has another time than libvirt has recorded. */
static gboolean
check_snapshot_time(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                    const Layer *layer, const Qcow2Snapshot *snapshot, GError **error)
{
    gint64 late = (gint64)(snapshot->date >> 32) - def->creation_time;
    gboolean off = g_strcmp0(def->state, "shutoff") == 0;

    if (def->creation_time <= 0)
        return TRUE;
    if (late < EARLIEST || late > LATEST) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the internal snapshot '%s' in the image '%s' was not made when the domain's "
                      "snapshot was (it was deleted and made again, or the image was replaced), "
                      "so it does not hold that state; take a new snapshot"),
                    def->name, layer->path);
        return FALSE;
    }
    if (late > (off ? USUAL_OFF : USUAL_RUNNING))
        plan_warn(builder->plan,
                  _("Domain '%s': the internal snapshot '%s' in the image '%s' was made %d seconds "
                    "after the domain's snapshot began; whether it was deleted and made again "
                    "cannot be told, so what is exported may not be the snapshot's state"),
                  domain->name, def->name, layer->path, (int)late);

    return TRUE;
}

/* Checks that the internal snapshot has the present size of the image, because qemu-nbd serves it
 * with that size. */
static gboolean
check_snapshot_flattens(const SnapshotDef *def, const Layer *top, const Qcow2Snapshot *snapshot,
                        GError **error)
{
    if (top->encrypted) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the image '%s' is encrypted and cannot be read without its secret; shut "
                      "the domain down and export with the chain preserved"),
                    top->path);
        return FALSE;
    }
    if (snapshot->virtual_size == top->capacity)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("the image '%s' was resized: it has %" PRIu64 " bytes now, and its internal "
                  "snapshot '%s' has %" PRIu64 ", which cannot be read apart from it; shut the "
                  "domain down and export with the chain preserved"),
                top->path, top->capacity, def->name, snapshot->virtual_size);

    return FALSE;
}

gboolean
plan_internal_disk(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                   PlanDisk *disk, const Layer *top, GError **error)
{
    gboolean merge = builder->plan->settings->intent == VIRT_SNAP_BACKUP_INTENT_MERGE;
    g_autoptr(Qcow2Snapshot) snapshot = layer_find_snapshot(top, def->name, error);

    if (!snapshot || !check_snapshot_time(builder, domain, def, top, snapshot, error))
        return FALSE;
    plan_frozen_warn_below(builder, domain, def, top);
    /* An image can only be copied as it is if nobody writes to it. */
    if (!domain->active && !merge) {
        disk->top = plan_layers_copy(builder, top);
        disk->internal = g_strdup(def->name);
        return TRUE;
    }
    if (!check_snapshot_flattens(def, top, snapshot, error))
        return FALSE;
    disk->top = plan_layers_flatten(builder, top, snapshot, domain->active);

    return TRUE;
}

const char *
plan_internal_name(const PlanLayer *layer)
{
    return layer->snapshot ? layer->snapshot->name : NULL;
}

gboolean
plan_internal_keeps(const PlanLayer *layer, GError **error)
{
    return !layer->snapshot || layer_keeps_snapshot(layer->source, layer->snapshot, error);
}
