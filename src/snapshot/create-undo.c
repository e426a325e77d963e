/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

#include "image/image-lock.h"
#include "snapshot/create-undo.h"
#include "snapshot/delete-run.h"
#include "snapshot/image-rename.h"
#include "snapshot/layer-blank.h"
#include "snapshot/set-point.h"
#include "util/fd.h"
#include "util/xml.h"

/* --- files ------------------------------------------------------------------------------ */

static gboolean
remove_file(const char *path, GError **error)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), path);

    return FALSE;
}

/* Returns: whether the live or the persistent XML of the domain names the file, which must not be
 * removed then. */
static gboolean
is_image_named(const SnapshotLook *look, const char *path)
{
    g_autoptr(xmlDoc) doc = xml_parse(look->xml, strlen(look->xml), look->name, NULL);
    g_autoptr(GPtrArray) files =
        doc ? xml_nodes(xmlDocGetRootElement(doc), ".//disk//source/@file") : NULL;

    for (guint i = 0; files && i < files->len; i++) {
        g_autofree char *file = xml_text(g_ptr_array_index(files, i), ".");

        if (g_str_equal(file, path))
            return TRUE;
    }

    return !doc;
}

static gboolean
remove_overlay(const SnapshotLook *look, const char *path, GError **error)
{
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0 && errno == ENOENT)
        return TRUE;
    if (is_image_named(look, path)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The domain '%s' still has '%s'"), look->name, path);
        return FALSE;
    }
    /* QEMU may write to the file already while the XML of libvirt does not name it yet. */
    if (fd >= 0 && !image_lock_probe(fd, path, error) &&
        g_error_matches(*error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE))
        return FALSE;
    g_clear_error(error);

    return remove_file(path, error);
}

static gboolean
remove_made_files(Hypervisor *hypervisor, const SetMember *member, GError **error)
{
    g_autoptr(SnapshotLook) look =
        hypervisor->ops->snapshots->look(hypervisor, member->uuid, error);

    if (!look)
        return FALSE;
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (!remove_overlay(look, disk->overlay, error))
            return FALSE;
    }

    return !member->memory || remove_file(member->memory, error);
}

/* --- disks ------------------------------------------------------------------------------- */

static gboolean
merge_back(Hypervisor *hypervisor, const SetMember *member, GError **error)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (!hypervisor->ops->snapshots->merge_back(hypervisor, member->uuid, disk->target,
                                                    disk->overlay, disk->source, error))
            return FALSE;
    }

    return TRUE;
}

/* Points the disk of a domain that is shut off back to the image below an overlay without data.
 * QEMU's image lock keeps the domain from being started meanwhile; if the overlay is missing, or
 * its file system has no locks, none is taken. */
static gboolean
point_disk_back(Hypervisor *hypervisor, const SetMember *member, const SetDisk *disk,
                GError **error)
{
    auto_fd fd = open(disk->overlay, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    g_autoptr(GError) locked = NULL;

    if (fd >= 0 && !image_lock_acquire(fd, disk->overlay, &locked) &&
        g_error_matches(locked, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE)) {
        g_propagate_error(error, g_steal_pointer(&locked));
        return FALSE;
    }
    if (!layer_path_is_blank(disk->overlay)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("'%s' was written to meanwhile; try again"), disk->overlay);
        return FALSE;
    }

    return hypervisor->ops->snapshots->point_back(hypervisor, member->uuid, disk->target,
                                                  disk->overlay, disk->source, disk->format,
                                                  error);
}

static gboolean
point_back(Hypervisor *hypervisor, const SetMember *member, GError **error)
{
    for (guint i = 0; i < member->disks->len; i++) {
        if (!point_disk_back(hypervisor, member, g_ptr_array_index(member->disks, i), error))
            return FALSE;
    }

    return TRUE;
}

/* --- members ------------------------------------------------------------------------------ */

/* Returns: whether the domain would write to the overlays and none of them has data yet. */
static gboolean
is_unused(Hypervisor *hypervisor, const SetMember *member)
{
    g_autoptr(SnapshotLook) look =
        hypervisor->ops->snapshots->look(hypervisor, member->uuid, NULL);

    for (guint i = 0; look && i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);
        g_autofree char *top = image_of(look->xml, disk->target);

        if ((g_strcmp0(top, disk->overlay) != 0 && g_strcmp0(top, disk->source) != 0) ||
            !layer_path_is_blank(disk->overlay))
            return FALSE;
    }

    return look != NULL;
}

/* Removes the snapshot of a domain that has written to its overlays since, or has other layers: as
 * a removal does that the user asks for, which loses nothing. */
static gboolean
remove_used(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
            GPtrArray *warnings, GError **error)
{
    g_autofree char *name = hypervisor->ops->find_domain(hypervisor, member->uuid, error);
    g_autoptr(GError) why = NULL;

    if (!name)
        return FALSE;
    if (delete_run_member(hypervisor, record->collection, record->snapshot, name, warnings,
                          &why) ||
        g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* QEMU may have gone over to an overlay before libvirt, which was killed then, knew of it. What the
 * domain wrote there until it was shut off is nowhere else. */
static void
warn_of_data(const SetMember *member, GPtrArray *warnings)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (access(disk->overlay, F_OK) == 0 && !layer_path_is_blank(disk->overlay))
            g_ptr_array_add(warnings,
                            g_strdup_printf(_("The domain '%s' has written to '%s', which libvirt "
                                              "does not know of: the file is left as it is"),
                                            member->domain, disk->overlay));
    }
}

static gboolean
undo_used_member(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
                 GPtrArray *warnings, GError **error)
{
    if (!remove_used(hypervisor, record, member, warnings, error))
        return FALSE;
    warn_of_data(member, warnings);

    return TRUE;
}

static gboolean
undo_made_member(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
                 GPtrArray *warnings, GError **error)
{
    const HypervisorSnapshotOps *ops = hypervisor->ops->snapshots;
    gboolean external = g_str_equal(member->kind, "external");
    DomainState state;

    /* A snapshot that the killed process asked for may still be in the making. */
    if (!ops->await(hypervisor, member->uuid, error) ||
        !ops->state(hypervisor, member->uuid, &state, error))
        return FALSE;
    if (external && state == DOMAIN_STATE_OFF && !is_unused(hypervisor, member))
        return undo_used_member(hypervisor, record, member, warnings, error);
    if (external && state == DOMAIN_STATE_OFF && !point_back(hypervisor, member, error))
        return FALSE;
    if (external && state != DOMAIN_STATE_OFF && !merge_back(hypervisor, member, error))
        return FALSE;
    if (!ops->forget(hypervisor, member->uuid, record->snapshot, external, error))
        return FALSE;

    return !external || remove_made_files(hypervisor, member, error);
}

static gboolean
is_undefined(Hypervisor *hypervisor, const SetMember *member)
{
    g_autoptr(GError) error = NULL;
    DomainState state;

    return !hypervisor->ops->snapshots->state(hypervisor, member->uuid, &state, &error) &&
           g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

gboolean
create_undo(Hypervisor *hypervisor, const SetRecord *record, GPtrArray *warnings, GError **error)
{
    g_autoptr(GError) first = NULL;

    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        g_autoptr(GError) why = NULL;

        /* Nothing of a domain that is gone is removed, because another domain may use its disks
         * now. */
        if ((undo_made_member(hypervisor, record, member, warnings, &why) &&
             set_point_drop(hypervisor, record, member, warnings, &why)) ||
            is_undefined(hypervisor, member))
            continue;
        g_prefix_error(&why, _("Domain '%s': "), member->domain);
        if (!first)
            first = g_steal_pointer(&why);
    }
    if (!first)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&first));

    return FALSE;
}
