/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "snapshot/apply-bitmaps.h"

/* Returns: "'one', 'two'", the checkpoints of the domain; owned by the caller. */
static char *
checkpoint_names(Hypervisor *hypervisor, const char *domain, GError **error)
{
    g_autoptr(GPtrArray) all = hypervisor->ops->backups->checkpoints(hypervisor, domain, error);
    GString *names;

    if (!all)
        return NULL;
    names = g_string_new(NULL);
    for (guint i = 0; i < all->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(all, i);

        g_string_append_printf(names, "%s'%s'", i > 0 ? ", " : "", one->name);
    }

    return g_string_free(names, FALSE);
}

/* The bitmaps of a running domain may be in its QEMU only, and no header tells of them. */
static gboolean
check_no_checkpoints(Hypervisor *hypervisor, const DomainSurvey *domain, GError **error)
{
    g_autofree char *names = NULL;

    if (domain->checkpoints == 0)
        return TRUE;
    names = checkpoint_names(hypervisor, domain->name, error);
    if (!names)
        return FALSE;
    if (domain->active)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' has checkpoints (%s), with whose dirty bitmaps QEMU goes "
                      "back to no internal snapshot; remove them while it runs "
                      "(reference-point-delete, virsh checkpoint-delete)"),
                    domain->name, names);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' has checkpoints (%s), with whose dirty bitmaps QEMU goes "
                      "back to no internal snapshot; remove them (virsh checkpoint-delete "
                      "--metadata), and then the bitmaps of those names from its images "
                      "(qemu-img bitmap --remove)"),
                    domain->name, names);

    return FALSE;
}

static gboolean
is_internal_disk(const SnapshotDef *def, const char *target)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->location == SNAPSHOT_LOCATION_INTERNAL && g_str_equal(disk->target, target))
            return TRUE;
    }

    return FALSE;
}

/* Only the image that the domain writes to goes back, and none below it. */
static gboolean
check_no_bitmaps(const ImageUsers *users, const DomainSurvey *domain, const SnapshotDef *def,
                 GError **error)
{
    for (guint i = 0; i < users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users->users, i);

        if (user->domain != domain || user->snapshot || user->persistent ||
            user->top->n_bitmaps == 0 || !is_internal_disk(def, user->target))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("Domain '%s', disk '%s': '%s' has dirty bitmaps, with which QEMU goes back "
                      "to no internal snapshot; remove them while the domain is off (qemu-img "
                      "bitmap --remove; qemu-img info names them)"),
                    domain->name, user->target, user->top->path);
        return FALSE;
    }

    return TRUE;
}

gboolean
apply_bitmaps_check(Hypervisor *hypervisor, const ImageUsers *users, const DomainSurvey *domain,
                    const SnapshotDef *def, GError **error)
{
    return check_no_checkpoints(hypervisor, domain, error) &&
           check_no_bitmaps(users, domain, def, error);
}
