/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/plan-layers.h"
#include "export/plan-live.h"

static const Layer *
find_encrypted(const Layer *top)
{
    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->encrypted)
            return layer;
    }

    return NULL;
}

/* Refuses a disk that is encrypted: QEMU would read what the guest sees, and the export would
 * have it in the clear. */
static gboolean
check_open(const DiskDef *disk, const Layer *top, GError **error)
{
    const Layer *encrypted = find_encrypted(top);

    if (!encrypted && !disk->storage->encryption)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("the image '%s' is encrypted, and an export of the present state would hold its "
                  "content in the open; leave the disk out with --exclude, or take a snapshot and "
                  "export that with the chain preserved"),
                encrypted ? encrypted->path : top->path);

    return FALSE;
}

/* QEMU asks a device that is passed through itself, past what keeps the moment: the guest would get
 * errors as long as its disk is read. */
static gboolean
check_not_passed(const DiskDef *disk, GError **error)
{
    if (!g_str_equal(disk->device, "lun"))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("it is passed through to the running guest (device='lun'), so that QEMU cannot "
                  "keep what it has at one moment; leave it out with --exclude, or shut the "
                  "domain down"));

    return FALSE;
}

/* No lock and no count of writes of this host tells what another one writes meanwhile. */
static gboolean
check_alone(Plan *plan, const PlanDomain *domain, const DiskDef *disk, GError **error)
{
    if (!disk->shareable)
        return TRUE;
    if (!domain->active && !plan->settings->strict) {
        plan_warn(plan,
                  _("Domain '%s': the disk '%s' is shared (<shareable/>); what another host may "
                    "write to it while it is read would not be noticed"),
                  domain->name, disk->target);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("it is shared with other machines (<shareable/>), and what they write while it "
                  "is read would be mixed in; leave it out with --exclude, or shut all of them "
                  "down and export without --strict"));

    return FALSE;
}

static gboolean
live_pulls_disk(const PlanDomain *domain, const DiskDef *disk)
{
    return domain->active && disk->location == SNAPSHOT_LOCATION_LIVE;
}

gboolean
plan_live_disk(PlanBuilder *builder, const PlanDomain *domain, PlanDisk *disk, const Layer *top,
               GError **error)
{
    if (!check_alone(builder->plan, domain, disk->def, error) ||
        (live_pulls_disk(domain, disk->def) && !check_not_passed(disk->def, error)))
        return FALSE;
    /* The set that is exported is made later, so the disk is planned as the set will freeze it. */
    if (!plan_is_live(builder->plan)) {
        disk->top = builder->plan->settings->intent == VIRT_SNAP_BACKUP_INTENT_PRESERVE_CHAIN
                        ? plan_layers_copy(builder, top)
                        : plan_layers_flatten(builder, top, NULL, FALSE);
        return TRUE;
    }
    if (!check_open(disk->def, top, error))
        return FALSE;
    disk->top = live_pulls_disk(domain, disk->def)
                    ? plan_layers_pull(builder, domain, disk->def->target, top)
                    : plan_layers_flatten(builder, top, NULL, FALSE);

    return TRUE;
}

const char *
plan_live_consistency(const Plan *plan, const PlanDomain *domain)
{
    if (domain->saved)
        return consistency_name(CONSISTENCY_CRASH);
    if (!domain->active)
        return "offline";

    if (plan->settings->live == VIRT_SNAP_LIVE_MEMORY)
        return "memory";

    return plan->settings->live == VIRT_SNAP_LIVE_APPLICATION_CONSISTENT ? "application" : "crash";
}
