/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/layer-ops.h"
#include "snapshot/apply-files.h"
#include "snapshot/apply-kept.h"
#include "snapshot/image-rename.h"
#include "snapshot/image-users.h"
#include "snapshot/layer-blank.h"
#include "snapshot/overlay-back.h"
#include "util/xml.h"

/* --- whose the snapshot is ---------------------------------------------------------- */

ApplyKept
apply_kept_in(const SetRecord *record, const char *xml)
{
    g_autofree char *mark = set_record_mark(record);
    g_autoptr(xmlDoc) doc = xml ? xml_parse(xml, strlen(xml), "snapshot XML", NULL) : NULL;
    g_autofree char *text =
        doc ? xml_text(xmlDocGetRootElement(doc), "./description") : NULL;

    if (!xml)
        return APPLY_KEPT_NOT;

    return g_strcmp0(text, mark) == 0 ? APPLY_KEPT : APPLY_KEPT_BY_OTHERS;
}

/* Returns: the XML of the domain's snapshot with the name of the record, owned by the caller; NULL
 * without an error if it has none. */
static char *
find_kept(Hypervisor *hypervisor, const SetRecord *record, const char *domain, GError **error)
{
    g_autoptr(GPtrArray) names = hypervisor->ops->list_snapshots(hypervisor, domain, error);
    g_autoptr(DomainRecord) found = NULL;
    const SnapshotRecord *snapshot;

    if (!names ||
        !g_ptr_array_find_with_equal_func(names, record->snapshot, g_str_equal, NULL))
        return NULL;
    found = hypervisor->ops->resolve(hypervisor, domain, record->snapshot, FALSE, FALSE, error);
    snapshot = found ? g_ptr_array_index(found->snapshots, 0) : NULL;

    return snapshot ? g_strdup(snapshot->xml) : NULL;
}

gboolean
apply_kept_look(Hypervisor *hypervisor, const SetRecord *record, const char *uuid,
                ApplyKept *kept, GError **error)
{
    g_autofree char *domain = NULL;
    g_autofree char *xml = NULL;
    g_autoptr(GError) problem = NULL;

    if (!hypervisor->ops->snapshots->await(hypervisor, uuid, error))
        return FALSE;
    domain = hypervisor->ops->find_domain(hypervisor, uuid, error);
    if (!domain)
        return FALSE;
    xml = find_kept(hypervisor, record, domain, &problem);
    if (problem) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    *kept = apply_kept_in(record, xml);

    return TRUE;
}

void
apply_warn_of_others(const SetRecord *record, const char *domain, GPtrArray *warnings)
{
    g_ptr_array_add(warnings,
                    g_strdup_printf(_("The snapshot '%s' of the domain '%s' was made by somebody "
                                      "else, and is left alone with its files"),
                                    record->snapshot, domain));
}

/* --- a domain whose state is not kept ------------------------------------------------- */

static gboolean
is_on_overlay(const SnapshotLook *look, const SetDisk *disk)
{
    g_autofree char *path = image_of(look->xml, disk->target);

    return g_strcmp0(path, disk->overlay) == 0;
}

static gboolean
point_kept_back(Hypervisor *hypervisor, const SetMember *member, const SetDisk *disk,
                GError **error)
{
    if (layer_path_is_blank(disk->overlay))
        return overlay_point_back(hypervisor, member->uuid, disk, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("it has written to '%s' and is shut off; start it, and give the command again: "
                  "then it is merged back"),
                disk->overlay);

    return FALSE;
}

/* QEMU refuses to merge for a domain that was paused when its memory was saved, until it is
 * resumed; whether that may be is not ours to say. */
static gboolean
merge_disk_back(Hypervisor *hypervisor, const SetMember *member, const SetDisk *disk,
                DomainState state, GError **error)
{
    gboolean merged;

    if (state != DOMAIN_STATE_PAUSED)
        return hypervisor->ops->snapshots->merge_back(hypervisor, member->uuid, disk->target,
                                                      disk->overlay, &merged, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("it is paused and writes to '%s', which no snapshot keeps; resume it (virsh "
                  "resume), and give the command again: then it is merged back"),
                disk->overlay);

    return FALSE;
}

/* Returns: FALSE with IN_USE if a snapshot of any domain has what is below the overlay as its
 * state, so that nothing may be merged into it: then that snapshot has made the overlay, and not
 * we. */
static gboolean
check_not_frozen(const ImageUsers *users, const SetDisk *disk, GError **error)
{
    for (guint i = 0; i < users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users->users, i);

        if (!user->snapshot || !layer_is_at(user->top, disk->source))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("it writes to '%s', which was made for the snapshot '%s' of the domain '%s'; "
                      "remove that one, and give the command again"),
                    disk->overlay, user->snapshot, user->domain->name);
        return FALSE;
    }

    return TRUE;
}

static gboolean
leave_overlay(Hypervisor *hypervisor, const SetMember *member, const SetDisk *disk,
              DomainState state, GError **error)
{
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, error);
    g_autoptr(ImageUsers) users = domains ? image_users_find(domains, error) : NULL;

    if (!users || !image_users_check(users, NULL, NULL, error) ||
        !check_not_frozen(users, disk, error))
        return FALSE;

    return state == DOMAIN_STATE_OFF ? point_kept_back(hypervisor, member, disk, error)
                                     : merge_disk_back(hypervisor, member, disk, state, error);
}

/* @left: gets the overlays that the domain has left. */
static gboolean
leave_overlays(Hypervisor *hypervisor, const SetMember *member, const SnapshotLook *look,
               GPtrArray *left, GError **error)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (!is_on_overlay(look, disk))
            continue;
        if (!leave_overlay(hypervisor, member, disk, look->state, error))
            return FALSE;
        g_ptr_array_add(left, disk->overlay);
    }

    return TRUE;
}

gboolean
apply_unkept_put_back(Hypervisor *hypervisor, const SetMember *member, GPtrArray *warnings,
                      GError **error)
{
    const HypervisorSnapshotOps *ops = hypervisor->ops->snapshots;
    g_autoptr(GPtrArray) left = g_ptr_array_new();
    g_autoptr(SnapshotLook) look = NULL;

    if (g_str_equal(member->state, "running") && !ops->resume(hypervisor, member->uuid, error))
        return FALSE;
    look = ops->look(hypervisor, member->uuid, error);
    if (!look || !leave_overlays(hypervisor, member, look, left, error))
        return FALSE;
    /* That memory state goes with the overlays, and no snapshot has it. */
    if (left->len > 0 && member->memory)
        g_ptr_array_add(left, member->memory);
    apply_files_remove(hypervisor, left, warnings);

    return TRUE;
}
