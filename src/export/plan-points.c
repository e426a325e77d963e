/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "collection/set-store.h"
#include "export/plan-points.h"
#include "hypervisor/domain-job.h"
#include "image/qcow2-header.h"
#include "snapshot/frozen-time.h"
#include "snapshot/reference-point.h"
#include "util/format.h"

#define SERIES_DIGITS 8

/* --- disks ------------------------------------------------------------------------ */

static gboolean
is_pulled(const PlanDisk *disk)
{
    return disk->top && disk->top->domain;
}

static PlanSnapshot *
first_of(const PlanDomain *domain)
{
    return g_ptr_array_index(domain->snapshots, 0);
}

/* Nothing identifies a block device so that the next export could tell whether it is the same. */
static gboolean
can_have_bitmap(const Layer *image)
{
    return !image->block && g_str_equal(image->format, "qcow2") &&
           qcow2_keeps_bitmaps(image->path);
}

/* --- runs ------------------------------------------------------------------------- */

char *
plan_points_run(const PlanDomain *domain, const PlanDisk *disk)
{
    return reference_point_run(domain->run, disk->def->storage->index);
}

/* A domain that is being migrated has two processes, and libvirt does not say what has changed on
 * its disks. */
static gboolean
find_runs(Hypervisor *hypervisor, Plan *plan, GError **error)
{
    for (guint i = 0; i < plan->domains->len; i++) {
        PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        if (!domain->active)
            continue;
        if (!domain_job_check(hypervisor, domain->uuid, domain->name, error))
            return FALSE;
        if (!domain->run)
            domain->run = hypervisor->ops->backups->find_run(hypervisor, domain->uuid);
    }

    return TRUE;
}

/* Returns: why the image may have been changed by others since then, owned by the caller; NULL:
 * it has not been. */
static char *
why_not_watched(const PlanDomain *domain, const PlanDisk *disk, const ManifestCheckpoint *then)
{
    g_autofree char *now = plan_points_run(domain, disk);

    if (!now || !then->run)
        return g_strdup(_("whether others could write to its image since then cannot be told"));
    if (g_str_equal(now, then->run))
        return NULL;

    return g_strdup(_("the domain was started anew since then, or the disk attached, and what "
                      "others write to an image is in no bitmap"));
}

/* --- since the base ------------------------------------------------------------------ */

typedef struct {
    Hypervisor *hypervisor; /* none is owned */
    Plan *plan;
    const ExportBase *base;
} PointFinder;

static const HypervisorCheckpointDisk *
find_tracked(const HypervisorCheckpoint *checkpoint, const char *target)
{
    for (guint i = 0; i < checkpoint->disks->len; i++) {
        const HypervisorCheckpointDisk *disk = g_ptr_array_index(checkpoint->disks, i);

        if (disk->whole && g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}

static char *
tell_anew(const ManifestCheckpoint *then)
{
    return g_strdup_printf(_("the checkpoint '%s' was made anew since then"), then->name);
}

/* Returns: why @now is not the checkpoint of the base, owned by the caller; NULL: it is. Whoever
 * makes one of another's description gives it the id as well, but the hypervisor gives it the time.
 * Where the base has no time, nothing else tells them apart. */
static char *
why_another(const ManifestCheckpoint *then, const HypervisorCheckpoint *now)
{
    if (g_strcmp0(now->id, then->id) != 0)
        return tell_anew(then);
    if (then->creation_time == 0)
        return g_strdup_printf(_("the base does not say when the checkpoint '%s' was made, which "
                                 "may be another one by now"),
                               then->name);

    return now->creation_time != then->creation_time ? tell_anew(then) : NULL;
}

static char *
why_not_known(const PointFinder *self, const PlanDomain *domain, const PlanDisk *disk,
              const ManifestDisk *before, guint64 *bytes)
{
    const ManifestFile *top = manifest_file(self->base->manifest, before->layer);
    const ManifestCheckpoint *then = before->checkpoint;
    g_autoptr(Origin) image = origin_of(disk->top->source->path);
    g_autoptr(HypervisorCheckpoint) now = NULL;
    g_autoptr(GError) error = NULL;
    const HypervisorCheckpointDisk *tracked;
    char *why;

    if (!then)
        return g_strdup(_("the base was made without a reference point of it"));
    if (!export_base_vouches_for_chain(self->base, top))
        return g_strdup(_("the base was made without digests, and others may have written to it"));
    if (!image || !origin_is_file(then->image, self->base->manifest->boot, image))
        return g_strdup_printf(_("its image is another file than '%s' was then"),
                               then->image->path);
    now = self->hypervisor->ops->backups->find_checkpoint(self->hypervisor, domain->name,
                                                          then->name, &error);
    if (!now)
        return g_strdup(error->message);
    why = why_another(then, now);
    if (why)
        return why;
    tracked = find_tracked(now, disk->def->target);
    if (!tracked)
        return g_strdup_printf(_("the bitmap '%s' is gone, or was not kept up to date"),
                               then->name);
    *bytes = tracked->bytes;

    return why_not_watched(domain, disk, then);
}

static gboolean
tell_unknown(const PointFinder *self, const PlanDomain *domain, const PlanDisk *disk,
             const char *why, GError **error)
{
    if (!self->plan->settings->strict) {
        plan_warn(self->plan,
                  _("Domain '%s', disk '%s': what has changed since the base is not known (%s); "
                    "the whole disk is read"),
                  domain->name, disk->def->target, why);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Domain '%s', disk '%s': what has changed since the base is not known (%s); "
                  "export without --strict, and the whole disk is read"),
                domain->name, disk->def->target, why);

    return FALSE;
}

static gboolean
find_since(const PointFinder *self, const PlanDomain *domain, PlanDisk *disk, GError **error)
{
    const ManifestDisk *before =
        manifest_disk(self->base->manifest, domain->uuid, disk->def->target);
    g_autofree char *why = NULL;

    if (!before || !before->layer || !can_have_bitmap(disk->top->source))
        return TRUE;
    why = why_not_known(self, domain, disk, before, &disk->top->since_bytes);
    if (why)
        return tell_unknown(self, domain, disk, why, error);
    disk->top->since = g_strdup(before->checkpoint->name);

    return TRUE;
}

static gboolean
pulls_any(const Plan *plan)
{
    for (guint i = 0; i < plan->layers->len; i++) {
        if (((const PlanLayer *)g_ptr_array_index(plan->layers, i))->domain)
            return TRUE;
    }

    return FALSE;
}

gboolean
plan_points_find(Hypervisor *hypervisor, Plan *plan, const ExportBase *base, GError **error)
{
    const PointFinder self = {hypervisor, plan, base};

    /* Frozen images are compared, whatever their domains are busy with. */
    if (!pulls_any(plan))
        return TRUE;
    if (!find_runs(hypervisor, plan, error))
        return FALSE;
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        GPtrArray *disks = first_of(domain)->disks;

        for (guint k = 0; k < disks->len; k++) {
            PlanDisk *disk = g_ptr_array_index(disks, k);

            if (is_pulled(disk) && !find_since(&self, domain, disk, error))
                return FALSE;
        }
    }

    return TRUE;
}

/* --- of the new moment ----------------------------------------------------------------- */

/* Exports of the same into the same directory follow one another; what others make is theirs, and
 * so is what an unnamed collection makes, which may be called like a named one. */
static char *
series_of(const Plan *plan, const ExportPlace *place)
{
    g_autofree char *parent = place->subdirectory ? g_strdup(place->directory)
                                                  : g_path_get_dirname(place->directory);
    g_autofree char *key =
        g_strdup_printf("%s\n%s%s", parent, plan->collection ? "" : "\n", place->name);
    g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, key, -1);

    return g_strdup_printf(REFERENCE_POINT_OF_EXPORT "%.*s-", SERIES_DIGITS, hash);
}

/* The first part of the id is in it, so that there is no other of that name. */
static PlanPoint *
own_point(const Plan *plan, const ExportPlace *place)
{
    PlanPoint *self = g_new0(PlanPoint, 1);
    g_autofree char *now = format_time_name(g_get_real_time() / G_USEC_PER_SEC);

    self->id = g_uuid_string_random();
    self->export = export_place_path(place);
    self->series = series_of(plan, place);
    self->checkpoint = g_strdup_printf("%s%s-%.8s", self->series, now, self->id);

    return self;
}

static PlanPoint *
named_point(const Plan *plan, const char *name, const ExportPlace *place, GError **error)
{
    PlanPoint *self;

    if (!reference_point_check_name(name, error))
        return NULL;
    self = g_new0(PlanPoint, 1);
    self->id = g_uuid_string_random();
    self->export = export_place_path(place);
    self->series = series_of(plan, place);
    self->checkpoint = reference_point_checkpoint(name);
    self->named = TRUE;

    return self;
}

static gboolean
check_free(Hypervisor *hypervisor, const PlanDomain *domain, const PlanPoint *point,
           GError **error)
{
    const HypervisorBackupOps *ops = hypervisor->ops->backups;
    g_autoptr(GError) why = NULL;
    g_autoptr(HypervisorCheckpoint) there =
        ops->find_checkpoint(hypervisor, domain->name, point->checkpoint, &why);

    if (!there && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    if (there)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                    _("The domain '%s' has a reference point '%s' already; choose another name, "
                      "or delete that one"),
                    domain->name, point->checkpoint + strlen(REFERENCE_POINT_PREFIX));
    else
        g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* That an own one does not have all disks is of no use to say every night. */
static void
tell_untracked(Plan *plan, const PlanDomain *domain, const char *target)
{
    if (plan->point->named && target)
        plan_warn(plan,
                  _("Domain '%s': what changes on the disk '%s' cannot be followed, only that of "
                    "qcow2 images (of version 3, in files) can"),
                  domain->name, target);
    else if (plan->point->named)
        plan_warn(plan,
                  _("Domain '%s': it gets no reference point, for it is shut off, or has no disk "
                    "that can be followed"),
                  domain->name);
}

static gboolean
mark_domain(Hypervisor *hypervisor, Plan *plan, const PlanDomain *domain, GError **error)
{
    GPtrArray *disks = first_of(domain)->disks;
    guint tracked = 0;

    for (guint i = 0; i < disks->len; i++) {
        PlanDisk *disk = g_ptr_array_index(disks, i);

        if (!is_pulled(disk))
            continue;
        disk->tracked = can_have_bitmap(disk->top->source);
        disk->pulled = disk->top;
        tracked += disk->tracked ? 1 : 0;
        if (!disk->tracked)
            tell_untracked(plan, domain, disk->def->target);
    }
    if (tracked == 0)
        tell_untracked(plan, domain, NULL);

    return tracked == 0 || !plan->point->named ||
           check_free(hypervisor, domain, plan->point, error);
}

gboolean
plan_points_make(Hypervisor *hypervisor, Plan *plan, const ExportPlace *place, GError **error)
{
    const char *name = plan->settings->reference_point;

    if (!plan_is_live(plan) || (!name && !plan->settings->base))
        return TRUE;
    if (!find_runs(hypervisor, plan, error))
        return FALSE;
    plan->point = name ? named_point(plan, name, place, error) : own_point(plan, place);
    for (guint i = 0; plan->point && i < plan->domains->len; i++) {
        if (!mark_domain(hypervisor, plan, g_ptr_array_index(plan->domains, i), error))
            return FALSE;
    }

    return plan->point != NULL;
}

/* --- in the manifest -------------------------------------------------------------------- */

/* Returns: NULL if the file system gives the image no identity: then the next export could
 * not tell whether a bitmap is that of the same file. */
static ManifestCheckpoint *
describe_checkpoint(const char *name, const char *id, gint64 time, const char *path, char *run)
{
    Origin *image = origin_of(path);
    ManifestCheckpoint *self;

    if (!image) {
        g_free(run);
        return NULL;
    }
    self = g_new0(ManifestCheckpoint, 1);
    self->name = g_strdup(name);
    self->id = g_strdup(id);
    self->image = image;
    self->run = run;
    self->creation_time = time;

    return self;
}

static ManifestCheckpoint *
checkpoint_copy(const ManifestCheckpoint *other)
{
    ManifestCheckpoint *self = g_new0(ManifestCheckpoint, 1);

    self->name = g_strdup(other->name);
    self->id = g_strdup(other->id);
    self->image = origin_copy(other->image);
    self->run = g_strdup(other->run);
    self->creation_time = other->creation_time;

    return self;
}

ManifestCheckpoint *
plan_points_describe(const Plan *plan, const PlanDisk *disk)
{
    const PlanPoint *point = plan_disk_checkpoint(plan, disk);

    if (disk->checkpoint)
        return checkpoint_copy(disk->checkpoint);
    if (!point)
        return NULL;

    return describe_checkpoint(point->checkpoint, point->id, disk->pulled->domain->point_time,
                               disk->pulled->source->path,
                               plan_points_run(disk->pulled->domain, disk));
}

/* --- of a set --------------------------------------------------------------------------- */

static gboolean
is_as_then(const SetDisk *then, const Origin *now)
{
    const OriginTime last = frozen_time_of(now->path, now->inode, now->modified);
    g_autofree char *written = origin_time_format(&last);

    return now->device == then->device && now->inode == then->inode &&
           g_strcmp0(written, then->written) == 0;
}

static void
take_checkpoint(Plan *plan, const PlanDomain *domain, PlanDisk *disk, const SetRecord *record,
                const SetDisk *then)
{
    g_autofree char *name = reference_point_checkpoint(record->snapshot);
    g_autoptr(ManifestCheckpoint) made =
        describe_checkpoint(name, record->point, then->point_time, then->source,
                            g_strdup(then->run));

    if (made && is_as_then(then, made->image))
        disk->checkpoint = g_steal_pointer(&made);
    else
        plan_warn(plan,
                  _("Domain '%s', disk '%s': its image is not what it was when the reference point "
                    "of the snapshot '%s' was made; an export with this one as base compares it"),
                  domain->name, disk->def->target, record->snapshot);
}

static void
take_of_domain(Plan *plan, const PlanDomain *domain, GPtrArray *records)
{
    const PlanSnapshot *snapshot = first_of(domain);
    const SetRecord *record = set_records_find(records, domain->uuid, snapshot->def->name,
                                               snapshot->def->creation_time);
    const SetMember *member =
        record && record->point ? set_record_member(record, domain->uuid) : NULL;

    for (guint i = 0; member && i < snapshot->disks->len; i++) {
        PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);
        const SetDisk *then = set_member_disk(member, disk->def->target);

        if (disk->top && then && then->followed && then->written &&
            g_strcmp0(disk->def->storage->path, then->source) == 0)
            take_checkpoint(plan, domain, disk, record, then);
    }
}

gboolean
plan_points_take(Plan *plan, GError **error)
{
    g_autoptr(GPtrArray) records = set_store_load(error);

    for (guint i = 0; records && i < plan->domains->len; i++)
        take_of_domain(plan, g_ptr_array_index(plan->domains, i), records);

    return records != NULL;
}
