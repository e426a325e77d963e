/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "hypervisor/domain-job.h"
#include "hypervisor/snapshot-def.h"
#include "image/qcow2-header.h"
#include "snapshot/moment.h"
#include "snapshot/reference-plan.h"
#include "snapshot/reference-point.h"
#include "util/strings.h"

static void
plan_member_free(ReferencePlanMember *self)
{
    g_free(self->domain);
    g_free(self->uuid);
    g_clear_pointer(&self->tracked, g_ptr_array_unref);
    g_clear_pointer(&self->untracked, g_ptr_array_unref);
    g_free(self);
}

void
reference_plan_free(ReferencePlan *self)
{
    if (!self)
        return;
    g_free(self->checkpoint);
    g_ptr_array_unref(self->members);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

static ReferencePlan *
reference_plan_new(const char *name)
{
    ReferencePlan *self = g_new0(ReferencePlan, 1);

    self->checkpoint = reference_point_checkpoint(name);
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)plan_member_free);
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}

static ReferencePlanMember *
plan_member_add(ReferencePlan *self, const char *domain)
{
    ReferencePlanMember *member = g_new0(ReferencePlanMember, 1);

    member->domain = g_strdup(domain);
    g_ptr_array_add(self->members, member);

    return member;
}

/* --- one that is to be made --------------------------------------------------------- */

static void
warn_of_untracked(ReferencePlan *self, const char *domain, const char *target)
{
    g_ptr_array_add(self->warnings,
                    g_strdup_printf(_("Domain '%s': what changes on the disk '%s' cannot be "
                                      "followed, only that of qcow2 images (of version 3, in "
                                      "files) can"),
                                    domain, target));
}

/* An image that cannot be looked at from here is left to libvirt. */
static gboolean
may_keep_bitmaps(Hypervisor *hypervisor, const char *path)
{
    return !path || !hypervisor->ops->sees(hypervisor, path, NULL) || qcow2_keeps_bitmaps(path);
}

static gboolean
is_trackable(Hypervisor *hypervisor, const DiskDef *disk)
{
    return disk->location == SNAPSHOT_LOCATION_LIVE && !disk_def_is_empty(disk) &&
           g_strcmp0(disk->storage->format, "qcow2") == 0 &&
           may_keep_bitmaps(hypervisor, disk->storage->path);
}

static gboolean
take_disks(ReferencePlan *self, Hypervisor *hypervisor, ReferencePlanMember *member,
           const SnapshotDef *def, GError **error)
{
    member->tracked = g_ptr_array_new_with_free_func(g_free);
    member->untracked = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        gboolean fits = is_trackable(hypervisor, disk);

        g_ptr_array_add(fits ? member->tracked : member->untracked, g_strdup(disk->target));
        if (!fits && disk->location == SNAPSHOT_LOCATION_LIVE)
            warn_of_untracked(self, member->domain, disk->target);
    }
    if (member->tracked->len > 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The domain '%s' has no disk in a qcow2 image (of version 3, in a file), and "
                  "only of those it can be followed what changes; leave it out of the collection"),
                member->domain);

    return FALSE;
}

static gboolean
check_point_free(Hypervisor *hypervisor, const char *domain, const char *name, GError **error)
{
    g_autofree char *checkpoint = reference_point_checkpoint(name);
    g_autoptr(GPtrArray) known =
        hypervisor->ops->backups->checkpoints(hypervisor, domain, error);

    if (!known)
        return FALSE;
    if (!reference_point_find(known, checkpoint))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("The domain '%s' has a reference point '%s' already; choose another name, or "
                  "delete that one"),
                domain, name);

    return FALSE;
}

static gboolean
add_running(ReferencePlan *self, Hypervisor *hypervisor, const char *domain, const char *name,
            GError **error)
{
    g_autoptr(DomainRecord) record =
        hypervisor->ops->present(hypervisor, domain, name, FALSE, error);
    const SnapshotRecord *present = record ? g_ptr_array_index(record->snapshots, 0) : NULL;
    g_autoptr(SnapshotDef) def =
        present ? snapshot_def_parse(present->xml, domain, error) : NULL;
    ReferencePlanMember *member;

    if (!def)
        return FALSE;
    if (!record->active) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' is shut off, and libvirt makes checkpoints of running "
                      "domains only; start it"),
                    domain);
        return FALSE;
    }
    if (!domain_job_check(hypervisor, record->uuid, domain, error))
        return FALSE;
    member = plan_member_add(self, domain);
    member->uuid = g_strdup(def->domain_uuid);

    return take_disks(self, hypervisor, member, def, error) &&
           check_point_free(hypervisor, domain, name, error);
}

ReferencePlan *
reference_plan_create(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                      GError **error)
{
    g_autoptr(ReferencePlan) self = reference_plan_new(name);

    for (guint i = 0; i < domains->len; i++) {
        if (!add_running(self, hypervisor, g_ptr_array_index(domains, i), name, error))
            return NULL;
    }

    return g_steal_pointer(&self);
}

typedef struct {
    const ReferencePlan *plan;
    Control *control;
} Making;

static gboolean
hold_checkpoint(Hypervisor *hypervisor, MomentMember *member, gpointer data, GError **error)
{
    const Making *making = data;
    const ReferencePlanMember *planned = member->data;
    const HypervisorCheckpointRequest request = {
        .domain = member->domain,
        .name = making->plan->checkpoint,
        .tracked = planned->tracked,
        .untracked = planned->untracked,
    };

    if (control_is_cancelled(making->control))
        return control_pass(making->control, 0, error);
    if (!hypervisor->ops->backups->create_checkpoint(hypervisor, &request, error))
        return FALSE;
    control_advance(making->control, 1);

    return TRUE;
}

/* @error: what failed first; what is left is said in front of it. Returns: whether nothing is. */
static gboolean
take_back(Hypervisor *hypervisor, const Moment *moment, const char *checkpoint, GError **error)
{
    gboolean all = TRUE;

    for (guint i = 0; i < moment->members->len; i++) {
        const MomentMember *member = g_ptr_array_index(moment->members, i);
        g_autoptr(GError) why = NULL;
        gboolean forgotten;

        if (!member->done ||
            hypervisor->ops->backups->delete_checkpoint(hypervisor, member->domain, checkpoint,
                                                        &forgotten, &why))
            continue;
        all = FALSE;
        g_prefix_error(error,
                       _("The checkpoint '%s' of the domain '%s' could not be removed again (%s); "
                         "'virtsnap reference-point-delete' removes it. "),
                       checkpoint, member->domain, why->message);
    }

    return all;
}

gboolean
reference_plan_make(const ReferencePlan *self, Hypervisor *hypervisor, Control *control,
                    GPtrArray *warnings, gboolean *left, GError **error)
{
    const MomentOptions options = {.level = MOMENT_PAUSE};
    Making making = {.plan = self, .control = control};
    g_autoptr(Moment) moment = moment_new();
    gboolean made;

    *left = FALSE;
    for (guint i = 0; i < self->members->len; i++) {
        ReferencePlanMember *member = g_ptr_array_index(self->members, i);

        moment_add(moment, member->domain, member->uuid, member);
    }
    made = moment_hold(moment, hypervisor, &options, hold_checkpoint, &making, error);
    strings_append(warnings, moment->warnings);
    if (!made)
        *left = !take_back(hypervisor, moment, self->checkpoint, error);

    return made;
}

/* --- one that is to be deleted ------------------------------------------------------- */

static gboolean
add_if_it_has(ReferencePlan *self, Hypervisor *hypervisor, const char *domain, GError **error)
{
    g_autoptr(GPtrArray) known =
        hypervisor->ops->backups->checkpoints(hypervisor, domain, error);

    if (!known)
        return FALSE;
    if (reference_point_find(known, self->checkpoint))
        plan_member_add(self, domain);

    return TRUE;
}

static gboolean
check_jobs(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    for (guint i = 0; i < domains->len; i++) {
        const char *name = g_ptr_array_index(domains, i);
        gboolean running;
        g_autoptr(DomainRecord) domain =
            hypervisor->ops->describe(hypervisor, name, &running, NULL);

        if (domain && !domain_job_check(hypervisor, domain->uuid, name, error))
            return FALSE;
    }

    return TRUE;
}

ReferencePlan *
reference_plan_delete(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                      GError **error)
{
    g_autoptr(ReferencePlan) self = reference_plan_new(name);

    for (guint i = 0; i < domains->len; i++) {
        if (!add_if_it_has(self, hypervisor, g_ptr_array_index(domains, i), error))
            return NULL;
    }
    if (self->members->len == 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("There is no reference point '%s'; 'virtsnap reference-point-list' shows "
                      "those that there are"),
                    name);
        return NULL;
    }

    return check_jobs(hypervisor, domains, error) ? g_steal_pointer(&self) : NULL;
}

gboolean
reference_plan_drop(const ReferencePlan *self, Hypervisor *hypervisor, Control *control,
                    GPtrArray *warnings, GError **error)
{
    for (guint i = 0; i < self->members->len; i++) {
        const ReferencePlanMember *member = g_ptr_array_index(self->members, i);

        if (!reference_point_drop(hypervisor, member->domain, self->checkpoint, warnings, error))
            return FALSE;
        control_advance(control, 1);
    }

    return TRUE;
}
