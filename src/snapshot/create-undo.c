/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hypervisor/layer-ops.h"
#include "image/image-lock.h"
#include "snapshot/create-undo.h"
#include "snapshot/delete-run.h"
#include "snapshot/image-rename.h"
#include "snapshot/layer-blank.h"
#include "snapshot/layer-remove.h"
#include "snapshot/overlay-back.h"
#include "snapshot/set-point.h"
#include "util/fd.h"
#include "util/xml.h"

typedef struct {
    Hypervisor *hypervisor;
    const SetRecord *record;
    gboolean late; /* not right after it was made */
    GPtrArray *warnings;
} Undo;

/* --- files ------------------------------------------------------------------------------ */

static gboolean
remove_file(const char *path, GError **error)
{
    if (unlink(path) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), path);

    return FALSE;
}

/* Returns: FALSE with an error if the member itself has the file. Another domain that has it is
 * told of: its image was given that name before ours could be. */
static gboolean
check_unnamed(GPtrArray *domains, const SetMember *member, const Layer *layer, gboolean *named,
              GPtrArray *warnings, GError **error)
{
    const LayerException nobody = {NULL, NULL};
    const DomainSurvey *domain = layer_named_by(domains, &nobody, layer);

    *named = domain != NULL;
    if (!domain)
        return TRUE;
    if (g_str_equal(domain->uuid, member->uuid)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The domain '%s' still has '%s'"), domain->name, layer->path);
        return FALSE;
    }
    g_ptr_array_add(warnings, g_strdup_printf(_("'%s' is left, because the domain '%s' has it"),
                                              layer->path, domain->name));

    return TRUE;
}

static gboolean
remove_overlay(GPtrArray *domains, const SetMember *member, char *path, GPtrArray *warnings,
               GError **error)
{
    auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    Layer layer = {.path = path};
    struct stat st;
    gboolean named;

    if (fd < 0 && errno == ENOENT)
        return TRUE;
    if (fd >= 0 && fstat(fd, &st) == 0) {
        layer.device = st.st_dev;
        layer.inode = st.st_ino;
    }
    if (!check_unnamed(domains, member, &layer, &named, warnings, error))
        return FALSE;
    if (named)
        return TRUE;
    /* QEMU may write to the file already while the XML of libvirt does not name it yet. */
    if (fd >= 0 && !image_lock_probe(fd, path, error) &&
        g_error_matches(*error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE))
        return FALSE;
    g_clear_error(error);

    return remove_file(path, error);
}

static gboolean
remove_made_files(Hypervisor *hypervisor, const SetMember *member, GPtrArray *warnings,
                  GError **error)
{
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, error);

    if (!domains)
        return FALSE;
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (!remove_overlay(domains, member, disk->overlay, warnings, error))
            return FALSE;
    }

    return !member->memory || remove_file(member->memory, error);
}

/* --- disks ------------------------------------------------------------------------------- */

/* @merged: (out): FALSE if one of its disks is elsewhere, so that its overlay was not merged. */
static gboolean
merge_back(Hypervisor *hypervisor, const SetMember *member, gboolean *merged, GError **error)
{
    *merged = TRUE;
    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);
        gboolean one;

        if (!hypervisor->ops->snapshots->merge_back(hypervisor, member->uuid, disk->target,
                                                    disk->overlay, &one, error))
            return FALSE;
        *merged = *merged && one;
    }

    return TRUE;
}

static gboolean
point_back(Hypervisor *hypervisor, const SetMember *member, GError **error)
{
    for (guint i = 0; i < member->disks->len; i++) {
        if (!overlay_point_back(hypervisor, member->uuid, g_ptr_array_index(member->disks, i),
                                error))
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
            !overlay_is_above_source(disk) || !layer_path_is_blank(disk->overlay))
            return FALSE;
    }

    return look != NULL;
}

/* Removes the snapshot of a domain that has written to its overlays since, or has other layers: as
 * a removal does that the user asks for, which loses nothing. */
static gboolean
remove_used(const Undo *self, const SetMember *member, GError **error)
{
    g_autofree char *name =
        self->hypervisor->ops->find_domain(self->hypervisor, member->uuid, error);
    g_autoptr(GError) why = NULL;

    if (!name)
        return FALSE;
    if (delete_run_member(self->hypervisor, self->record->collection, self->record->snapshot, name,
                          self->warnings, &why) ||
        g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* QEMU may have gone over to an overlay before libvirt, which was killed then, knew of it. What the
 * domain wrote there until it was shut off, or had another image, is nowhere else. Returns: whether
 * there is any. */
static gboolean
warn_of_data(const SetMember *member, GPtrArray *warnings)
{
    guint n = warnings->len;

    for (guint i = 0; i < member->disks->len; i++) {
        const SetDisk *disk = g_ptr_array_index(member->disks, i);

        if (access(disk->overlay, F_OK) == 0 && !layer_path_is_blank(disk->overlay))
            g_ptr_array_add(warnings,
                            g_strdup_printf(_("The domain '%s' has written to '%s', which libvirt "
                                              "does not know of: the file is left as it is"),
                                            member->domain, disk->overlay));
    }

    return warnings->len > n;
}

static gboolean
undo_used_member(const Undo *self, const SetMember *member, GError **error)
{
    if (!remove_used(self, member, error))
        return FALSE;
    warn_of_data(member, self->warnings);

    return TRUE;
}

/* --- whose snapshot it is ------------------------------------------------------------- */

typedef enum { SNAPSHOT_NOBODYS, SNAPSHOT_OURS, SNAPSHOT_ANOTHERS } SnapshotOwner;

static gboolean
find_owner(Hypervisor *hypervisor, const SetRecord *record, const SetMember *member,
           SnapshotOwner *owner, GError **error)
{
    g_autofree char *mark = set_record_mark(record);
    g_autoptr(GError) why = NULL;
    g_autofree char *description = hypervisor->ops->snapshots->describe(
        hypervisor, member->uuid, record->snapshot, &why);

    *owner = !description                      ? SNAPSHOT_NOBODYS
             : g_str_equal(description, mark) ? SNAPSHOT_OURS
                                               : SNAPSHOT_ANOTHERS;
    if (description || g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static void
warn_of_anothers(const SetRecord *record, const SetMember *member, GPtrArray *warnings)
{
    g_ptr_array_add(warnings,
                    g_strdup_printf(_("The snapshot '%s' of the domain '%s' is left with its "
                                      "files: it was made by somebody else meanwhile"),
                                    record->snapshot, member->domain));
}

/* --- one member ----------------------------------------------------------------------- */

/* Has a running domain write to what is below the overlay again. Some time after the snapshot that
 * may have got other users, which a removal looks for, or the domain other images above. */
static gboolean
undo_running(const Undo *self, const SetMember *member, gboolean ours, gboolean *rest,
             GError **error)
{
    g_autoptr(GError) why = NULL;
    gboolean merged;

    if ((!ours || !self->late) && merge_back(self->hypervisor, member, &merged, &why)) {
        *rest = merged || !warn_of_data(member, self->warnings);
        return TRUE;
    }
    if (!why || (ours && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE))) {
        *rest = FALSE;
        return undo_used_member(self, member, error);
    }
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* @rest: (out): FALSE if nothing else is left to be done. */
static gboolean
undo_external(const Undo *self, const SetMember *member, gboolean ours, gboolean *rest,
              GError **error)
{
    DomainState state;

    if (!self->hypervisor->ops->snapshots->state(self->hypervisor, member->uuid, &state, error))
        return FALSE;
    if (state != DOMAIN_STATE_OFF)
        return undo_running(self, member, ours, rest, error);
    *rest = is_unused(self->hypervisor, member);

    return *rest ? point_back(self->hypervisor, member, error)
                 : undo_used_member(self, member, error);
}

static gboolean
undo_made_member(const Undo *self, const SetMember *member, GError **error)
{
    const HypervisorSnapshotOps *ops = self->hypervisor->ops->snapshots;
    gboolean external = g_str_equal(member->kind, "external");
    gboolean rest = TRUE;
    SnapshotOwner owner;

    /* A snapshot that the killed process asked for may still be in the making. */
    if (!ops->await(self->hypervisor, member->uuid, error) ||
        !find_owner(self->hypervisor, self->record, member, &owner, error))
        return FALSE;
    if (owner == SNAPSHOT_ANOTHERS) {
        warn_of_anothers(self->record, member, self->warnings);
        return TRUE;
    }
    if (external && !undo_external(self, member, owner == SNAPSHOT_OURS, &rest, error))
        return FALSE;
    if (rest && owner == SNAPSHOT_OURS &&
        !ops->forget(self->hypervisor, member->uuid, self->record->snapshot, external, error))
        return FALSE;

    return !external || !rest ||
           remove_made_files(self->hypervisor, member, self->warnings, error);
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
create_undo(Hypervisor *hypervisor, const SetRecord *record, gboolean late, GPtrArray *warnings,
            GError **error)
{
    const Undo self = {hypervisor, record, late, warnings};
    g_autoptr(GError) first = NULL;

    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        g_autoptr(GError) why = NULL;

        /* Nothing of a domain that is gone is removed, because another domain may use its disks
         * now. */
        if ((undo_made_member(&self, member, &why) &&
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
