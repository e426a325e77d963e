/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "archive/origin.h"
#include "image/qcow2-header.h"
#include "snapshot/create-point.h"
#include "snapshot/reference-point.h"
#include "snapshot/set-point.h"
#include "util/xml.h"

/* --- looking ------------------------------------------------------------------------- */

static gboolean
is_point_wanted(const CreateLook *look)
{
    return look->settings->reference_point && look->look->state != DOMAIN_STATE_OFF;
}

void
create_point_look_at_disk(CreateLook *look, const StorageDef *storage, SetDisk *disk)
{
    g_autofree char *run = NULL;

    if (!is_point_wanted(look))
        return;
    disk->followed = g_str_equal(storage->format, "qcow2") && qcow2_keeps_bitmaps(storage->path);
    if (!disk->followed) {
        g_ptr_array_add(look->warnings,
                        g_strdup_printf(_("Domain '%s': what changes on the disk '%s' cannot be "
                                          "followed, only that of qcow2 images (of version 3, in "
                                          "files) can"),
                                        look->look->name, disk->target));
        return;
    }
    run = look->hypervisor->ops->backups->find_run(look->hypervisor, look->look->uuid);
    disk->run = reference_point_run(run, storage->index);
}

static void
check_name_is_free(CreateLook *look)
{
    g_autofree char *name = reference_point_checkpoint(look->snapshot);
    g_autoptr(GError) why = NULL;
    g_autoptr(HypervisorCheckpoint) there = look->hypervisor->ops->backups->find_checkpoint(
        look->hypervisor, look->look->name, name, &why);

    if (there)
        create_problem(look, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                       _("it has a reference point '%s' already; choose another name, or delete "
                         "that one"),
                       look->snapshot);
    else if (!g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        create_problem(look, why->code, "%s", why->message);
}

static GPtrArray *
list_not_followed(const CreateLook *look)
{
    GPtrArray *others = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(xmlDoc) doc =
        xml_parse(look->look->xml, strlen(look->look->xml), look->look->name, NULL);
    g_autoptr(GPtrArray) targets =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk/target/@dev") : NULL;

    for (guint i = 0; targets && i < targets->len; i++) {
        g_autofree char *target = xml_text(g_ptr_array_index(targets, i), ".");
        const SetDisk *disk = set_member_disk(look->member, target);

        if (!disk || !disk->followed)
            g_ptr_array_add(others, g_steal_pointer(&target));
    }

    return others;
}

GPtrArray *
create_point_look_at_member(CreateLook *look)
{
    if (set_point_has(look->member)) {
        check_name_is_free(look);
        return list_not_followed(look);
    }
    if (look->settings->reference_point)
        g_ptr_array_add(look->warnings,
                        g_strdup_printf(_("Domain '%s': it gets no reference point, for it is shut "
                                          "off, or has no disk that can be followed"),
                                        look->look->name));

    return g_ptr_array_new();
}

gboolean
create_point_check_followed(const CreatePlan *plan, GError **error)
{
    const SetRecord *record = plan->record;

    if (!record->point)
        return TRUE;
    for (guint i = 0; i < record->members->len; i++) {
        if (set_point_has(g_ptr_array_index(record->members, i)))
            return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The snapshot collection '%s' would have no reference point: no member runs and "
                  "has a disk in a qcow2 image (of version 3); start one, or make it without"),
                record->snapshot);

    return FALSE;
}

/* --- making -------------------------------------------------------------------------- */

gboolean
create_point_make(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
                  GPtrArray *others, GError **error)
{
    g_autofree char *name = reference_point_checkpoint(record->snapshot);
    g_autoptr(GPtrArray) followed = g_ptr_array_new();
    const HypervisorCheckpointRequest request = {
        .domain = member->domain,
        .name = name,
        .id = record->point,
        .tracked = followed,
        .untracked = others,
    };

    if (!set_point_has(member))
        return TRUE;
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (disk->followed)
            g_ptr_array_add(followed, disk->target);
    }

    return hypervisor->ops->backups->create_checkpoint(hypervisor, &request, error);
}

/* The run in which it is followed is the one that was planned with, if that still lasts. */
static void
note_followed_disk(SetDisk *disk, const char *run, gint64 time)
{
    g_autoptr(Origin) file = origin_of(disk->source);
    const char *index = disk->run ? strrchr(disk->run, ' ') : NULL;
    g_autofree char *now = index ? reference_point_run(run, index + 1) : NULL;

    if (g_strcmp0(now, disk->run) != 0)
        g_clear_pointer(&disk->run, g_free);
    if (!file)
        return;
    disk->device = file->device;
    disk->inode = file->inode;
    disk->written = origin_time_format(&file->modified);
    disk->point_time = time;
}

/* Returns: when the hypervisor made the checkpoint of @member, which tells it from one that is made
 * anew of its description; 0: that is not known. */
static gint64
find_point_time(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member)
{
    g_autofree char *name = reference_point_checkpoint(record->snapshot);
    g_autoptr(HypervisorCheckpoint) made = hypervisor->ops->backups->find_checkpoint(
        hypervisor, member->domain, name, NULL);

    return made && g_strcmp0(made->id, record->point) == 0 ? made->creation_time : 0;
}

void
create_point_note(Hypervisor *hypervisor, SetRecord *record)
{
    for (guint i = 0; i < record->members->len; i++) {
        SetMember *member = g_ptr_array_index(record->members, i);
        g_autofree char *run = NULL;
        gint64 time;

        if (!set_point_has(member))
            continue;
        run = hypervisor->ops->backups->find_run(hypervisor, member->uuid);
        time = find_point_time(hypervisor, record, member);

        for (guint k = 0; k < member->disks->len; k++) {
            SetDisk *disk = g_ptr_array_index(member->disks, k);

            if (disk->followed)
                note_followed_disk(disk, run, time);
        }
    }
}
