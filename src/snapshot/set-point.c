/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "snapshot/reference-point.h"
#include "snapshot/set-point.h"

gboolean
set_point_has(const SetMember *member)
{
    for (guint i = 0; i < member->disks->len; i++) {
        if (((const SetDisk *)g_ptr_array_index(member->disks, i))->followed)
            return TRUE;
    }

    return FALSE;
}

/* Whether @found is the one that was made with the set. A record of before has no time: what is
 * exported from that is compared later. */
static gboolean
is_of_set(const SetRecord *record, const SetMember *member, const HypervisorCheckpoint *found)
{
    if (g_strcmp0(found->id, record->point) != 0)
        return FALSE;
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (disk->point_time > 0 && disk->point_time != found->creation_time)
            return FALSE;
    }

    return TRUE;
}

/* @domain: its name now. */
static HypervisorCheckpoint *
find_of_domain(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
               const char *domain, GError **error)
{
    g_autofree char *name = reference_point_checkpoint(record->snapshot);
    g_autoptr(HypervisorCheckpoint) found =
        hypervisor->ops->backups->find_checkpoint(hypervisor, domain, name, error);

    if (!found || is_of_set(record, member, found))
        return g_steal_pointer(&found);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("the checkpoint '%s' was made anew since then"), name);

    return NULL;
}

HypervisorCheckpoint *
set_point_find(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
               GError **error)
{
    g_autofree char *domain = hypervisor->ops->find_domain(hypervisor, member->uuid, error);

    return domain ? find_of_domain(hypervisor, record, member, domain, error) : NULL;
}

gboolean
set_point_drop(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
               GPtrArray *warnings, GError **error)
{
    g_autofree char *domain = NULL;
    g_autoptr(HypervisorCheckpoint) found = NULL;
    g_autoptr(GError) why = NULL;

    if (!record->point || !set_point_has(member))
        return TRUE;
    domain = hypervisor->ops->find_domain(hypervisor, member->uuid, error);
    if (!domain)
        return FALSE;
    found = find_of_domain(hypervisor, record, member, domain, &why);
    if (found)
        return reference_point_drop(hypervisor, domain, found->name, warnings, error);
    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}
