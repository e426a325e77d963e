/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "hypervisor/domain-job.h"
#include "snapshot/apply-bitmaps.h"
#include "snapshot/apply-frozen.h"
#include "snapshot/apply-others.h"
#include "snapshot/apply-plan.h"
#include "snapshot/image-idle.h"

typedef struct {
    Hypervisor *hypervisor;
    ApplyPlan *plan;
    GPtrArray *records;  /* SetRecord */
    ApplyMember *member; /* the member that is being planned */
    gboolean libvirt;    /* reverts external snapshots */
} Builder;

const char *
apply_method_name(ApplyMethod method)
{
    return method == APPLY_BY_LIBVIRT ? "libvirt" : "overlay";
}

/* --- places -------------------------------------------------------------------------- */

static char *
free_path(const char *directory, const char *stem, const char *suffix)
{
    char *path = g_strdup_printf("%s/%s%s", directory, stem, suffix);

    for (guint n = 2; g_file_test(path, G_FILE_TEST_EXISTS); n++) {
        g_free(path);
        path = g_strdup_printf("%s/%s.%u%s", directory, stem, n, suffix);
    }

    return path;
}

/* Chooses the paths of the new overlays: in the directory where the snapshot's own overlay is. */
static gboolean
choose_places(const Builder *self, const DiskDef *def, ApplyDisk *disk, GError **error)
{
    const char *name = self->member->domain->name;
    const char *beside = def->overlay && !g_str_has_prefix(def->overlay, "/dev/")
                             ? def->overlay
                             : disk->base->path;
    g_autofree char *directory = g_path_get_dirname(beside);
    g_autofree char *stem =
        g_strdup_printf("%s-%s.%s", name, def->target, self->plan->snapshot);
    g_autofree char *kept = g_strdup_printf("%s-%s.%s", name, def->target, self->plan->before);

    if (g_str_has_prefix(directory, "/dev")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the snapshot's layers are devices, and there is no directory for a new "
                      "one beside them"));
        return FALSE;
    }
    disk->overlay = free_path(directory, stem, ".qcow2");
    disk->kept = free_path(directory, kept, ".qcow2");

    return TRUE;
}

/* --- disks ----------------------------------------------------------------------------- */

static const ImageUser *
find_present(const Builder *self, const char *target)
{
    const GPtrArray *users = self->plan->users->users;

    for (guint i = 0; i < users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users, i);

        if (user->domain == self->member->domain && !user->snapshot && !user->persistent &&
            g_str_equal(user->target, target))
            return user;
    }

    return NULL;
}

static gboolean
check_no_block_job(const Builder *self, const char *target, GError **error)
{
    guint64 cur, end;
    guint type = 0;

    if (!self->member->domain->active)
        return TRUE;
    if (!self->hypervisor->ops->layers->block_job(self->hypervisor, self->member->domain->uuid,
                                                  target, &type, &cur, &end, error))
        return FALSE;
    if (type == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("it has a block job; wait for its end ('virsh blockjob %s %s' shows it)"),
                self->member->domain->name, target);

    return FALSE;
}

static gboolean
plan_apply_disk(Builder *self, const DiskDef *def, GError **error)
{
    const ImageUser *present = find_present(self, def->target);
    ApplyDisk *disk = g_new0(ApplyDisk, 1);

    g_ptr_array_add(self->member->disks, disk);
    disk->target = g_strdup(def->target);
    disk->present = present ? present->top : NULL;
    if (!storage_def_check(def->storage, error))
        return FALSE;
    disk->base = image_users_resolve(self->plan->users, def->storage->path, def->storage->format,
                                     error);
    if (!disk->base ||
        !self->hypervisor->ops->sees(self->hypervisor, disk->base->path, error) ||
        !apply_frozen_check(self->member->def, def, disk->base, self->plan->warnings, error) ||
        !check_no_block_job(self, def->target, error))
        return FALSE;
    if (disk->present && layer_is_same(disk->present, disk->base)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the domain writes to '%s', which the snapshot froze: it does not hold that "
                      "state any more"),
                    disk->base->path);
        return FALSE;
    }
    if (!self->member->domain->active && disk->present &&
        !image_is_idle(disk->present->path, error))
        return FALSE;
    if (!disk->present) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the domain has no such disk now, so that its present state cannot be kept; "
                      "attach one"));
        return FALSE;
    }

    return choose_places(self, def, disk, error);
}

/* --- members ------------------------------------------------------------------------------ */

static gboolean
refuse_apply(GError **error, VirtSnapError code, const char *format, const char *name)
{
    g_set_error(error, VIRT_SNAP_ERROR, code, format, name);

    return FALSE;
}

static gboolean
check_apply_domain(const Builder *self, GError **error)
{
    const DomainSurvey *domain = self->member->domain;

    if (!domain_job_check(self->hypervisor, domain->uuid, domain->name, error))
        return FALSE;
    if (!domain->persistent)
        return refuse_apply(
            error, VIRT_SNAP_ERROR_NOT_SUPPORTED,
            _("The domain '%s' is transient: it would be gone when it is stopped; define "
              "it first"),
            domain->name);
    if (domain->saved && !domain->active)
        return refuse_apply(
            error, VIRT_SNAP_ERROR_INVALID_STATE,
            _("The domain '%s' is saved, and that state could not be kept; start it, or "
              "remove what is saved (virsh managedsave-remove)"),
            domain->name);
    if (domain_survey_snapshot(domain, self->plan->before)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                    _("The domain '%s' has a snapshot '%s' already, which keeps its state before "
                      "an earlier snapshot-apply; remove that set with snapshot-delete, or go "
                      "back to it with snapshot-apply"),
                    domain->name, self->plan->before);
        return FALSE;
    }

    return TRUE;
}

static gboolean
plan_apply_disks(Builder *self, GError **error)
{
    for (guint i = 0; i < self->member->def->disks->len; i++) {
        const DiskDef *def = g_ptr_array_index(self->member->def->disks, i);

        if (def->location == SNAPSHOT_LOCATION_NO || disk_def_is_empty(def))
            continue;
        if (def->location == SNAPSHOT_LOCATION_EXTERNAL && plan_apply_disk(self, def, error))
            continue;
        if (def->location != SNAPSHOT_LOCATION_EXTERNAL)
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                        _("its snapshot is of the kind '%s', which cannot be gone back to"),
                        snapshot_location_name(def->location));
        g_prefix_error(error, _("Domain '%s', disk '%s': "), self->member->domain->name,
                       def->target);
        return FALSE;
    }

    return TRUE;
}

static void
choose_memory(const Builder *self)
{
    const ApplyMember *member = self->member;
    const ApplyDisk *first = member->disks->len > 0 ? g_ptr_array_index(member->disks, 0) : NULL;
    g_autofree char *directory = first ? g_path_get_dirname(first->kept) : NULL;
    g_autofree char *stem =
        g_strdup_printf("%s.%s", member->domain->name, self->plan->before);

    if (member->domain->active && first)
        self->member->kept_memory = free_path(directory, stem, ".memory");
}

/* libvirt does not revert a domain to the disks alone of a snapshot that was taken while it ran. */
static ApplyMethod
apply_method_for(const Builder *self)
{
    return self->libvirt && g_strcmp0(self->member->def->state, "disk-snapshot") != 0
               ? APPLY_BY_LIBVIRT
               : APPLY_BY_OVERLAY;
}

static gboolean
plan_apply_external(Builder *self, GError **error)
{
    const SnapshotDef *def = self->member->def;

    self->member->method = apply_method_for(self);
    if (!plan_apply_disks(self, error))
        return FALSE;
    if (self->member->disks->len == 0)
        return refuse_apply(error, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                            _("The snapshot of the domain '%s' has no disks to go back to"),
                            self->member->domain->name);
    if (def->memory == SNAPSHOT_LOCATION_EXTERNAL &&
        !g_file_test(def->memory_file, G_FILE_TEST_IS_REGULAR)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("The memory state '%s' of the domain '%s' is gone"), def->memory_file,
                    self->member->domain->name);
        return FALSE;
    }
    choose_memory(self);

    return TRUE;
}

static void
apply_disk_free(gpointer data)
{
    ApplyDisk *disk = data;

    g_free(disk->target);
    g_free(disk->overlay);
    g_free(disk->kept);
    g_free(disk);
}

static void
apply_member_free(gpointer data)
{
    ApplyMember *member = data;

    g_ptr_array_unref(member->disks);
    g_free(member->kept_memory);
    g_free(member);
}

/* Returns: whether the domain ran when the snapshot was taken. Where the set's record says so it
 * was paused by us for the moment, which earlier versions left in what libvirt knows. */
static gboolean
ran_then(const Builder *self, const DomainSurvey *domain, const SnapshotDef *def)
{
    const SetRecord *record =
        set_records_find(self->records, domain->uuid, def->name, def->creation_time);
    const SetMember *member = record ? set_record_member(record, domain->uuid) : NULL;

    return g_strcmp0(def->state, "paused") != 0 ||
           (member && g_str_equal(member->state, "running"));
}

static gboolean
plan_apply_member(Builder *self, const char *name, GError **error)
{
    const DomainSurvey *domain = domain_survey_find(self->plan->domains, name);
    const SnapshotDef *def =
        domain ? image_users_snapshot(self->plan->users, domain, self->plan->snapshot) : NULL;

    if (!domain)
        return refuse_apply(error, VIRT_SNAP_ERROR_NOT_FOUND, _("There is no domain '%s'"), name);
    if (!def) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("The domain '%s' has no snapshot '%s'"), name, self->plan->snapshot);
        return FALSE;
    }
    self->member = g_new0(ApplyMember, 1);
    self->member->domain = domain;
    self->member->def = def;
    self->member->disks = g_ptr_array_new_with_free_func(apply_disk_free);
    self->member->internal = g_strcmp0(snapshot_def_kind(def), "internal") == 0;
    self->member->ran = ran_then(self, domain, def);
    g_ptr_array_add(self->plan->members, self->member);
    if (!check_apply_domain(self, error) ||
        !apply_others_check(self->plan->users, domain, def, error))
        return FALSE;
    if (!self->member->internal)
        return plan_apply_external(self, error);
    self->member->method = APPLY_BY_LIBVIRT;

    return apply_bitmaps_check(self->hypervisor, self->plan->users, domain, def, error);
}

static ApplyPlan *
apply_plan_new(const ApplySubject *subject)
{
    ApplyPlan *plan = g_new0(ApplyPlan, 1);

    plan->collection = g_strdup(subject->collection);
    plan->snapshot = g_strdup(subject->snapshot);
    plan->before =
        g_strdup_printf(subject->discard ? "discard-%s" : "before-%s", subject->snapshot);
    plan->discard = subject->discard;
    plan->state = subject->state;
    plan->members = g_ptr_array_new_with_free_func(apply_member_free);
    plan->warnings = g_ptr_array_new_with_free_func(g_free);

    return plan;
}

ApplyPlan *
apply_plan_make(Hypervisor *hypervisor, const ApplySubject *subject, GError **error)
{
    const HypervisorLayerOps *ops = hypervisor->ops->layers;
    g_autoptr(ApplyPlan) plan = apply_plan_new(subject);
    g_autoptr(GPtrArray) records = set_store_load(error);
    Builder builder = {.hypervisor = hypervisor, .plan = plan, .records = records};

    if (!records)
        return NULL;
    builder.libvirt = ops->reverts_external(hypervisor);
    plan->domains = ops->survey(hypervisor, error);
    plan->users = plan->domains ? image_users_find(plan->domains, error) : NULL;
    if (!plan->users)
        return NULL;
    for (guint i = 0; i < subject->names->len; i++) {
        if (!plan_apply_member(&builder, g_ptr_array_index(subject->names, i), error))
            return NULL;
    }

    return g_steal_pointer(&plan);
}

void
apply_plan_free(ApplyPlan *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->members);
    image_users_free(self->users);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_ptr_array_unref(self->warnings);
    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self->before);
    g_free(self);
}
