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

/* How many seconds after libvirt began a snapshot its part in an image usually is made: QEMU pauses
 * a running domain first, and qemu-img comes to the images of another one by one. */
#define USUAL_RUNNING 10
#define USUAL_OFF 1
/* And at most, if libvirt waits for another job on the domain. */
#define LATEST 60
/* libvirt and QEMU have one clock, but that may be set meanwhile. */
#define EARLIEST (-1)

/* One that was deleted and made again under its name has another time than libvirt knows. */
static gboolean
check_time(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
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

/* qemu-nbd gives out the content of an internal snapshot with the size that the image has now. */
static gboolean
check_flatten(const SnapshotDef *def, const Layer *top, const Qcow2Snapshot *snapshot,
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

    if (!snapshot || !check_time(builder, domain, def, top, snapshot, error))
        return FALSE;
    plan_frozen_warn_below(builder, domain, def, top);
    /* Only an image that nobody writes to can be kept as it is. */
    if (!domain->active && !merge) {
        disk->top = plan_layers_copy(builder, top);
        disk->internal = g_strdup(def->name);
        return TRUE;
    }
    if (!check_flatten(def, top, snapshot, error))
        return FALSE;
    disk->top = plan_layers_flatten(builder, top, def->name, domain->active);

    return TRUE;
}
