/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "archive/origin.h"
#include "hypervisor/domain-job.h"
#include "snapshot/frozen-time.h"
#include "snapshot/moment.h"
#include "snapshot/reference-point.h"
#include "util/name.h"
#include "util/strings.h"

/* --- names --------------------------------------------------------------------- */

const char *
reference_point_state_name(ReferencePointState state)
{
    static const char *const names[] = {
        [REFERENCE_POINT_WHOLE] = "whole",
        [REFERENCE_POINT_UNKNOWN] = "unknown",
        [REFERENCE_POINT_BROKEN] = "broken",
        [REFERENCE_POINT_MISSING] = "missing",
    };

    return names[state];
}

char *
reference_point_checkpoint(const char *name)
{
    return g_strconcat(REFERENCE_POINT_PREFIX, name, NULL);
}

gboolean
reference_point_check_name(const char *name, GError **error)
{
    if (*name && !strchr(name, '/') && text_fits_xml(name))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is no name for a reference point: it must not be empty or have a '/'"),
                name);

    return FALSE;
}

char *
reference_point_run(const char *run, const char *index)
{
    g_autofree char *boot = origin_boot();

    return boot && run && index ? g_strdup_printf("%s %s %s", boot, run, index) : NULL;
}

/* --- disks ----------------------------------------------------------------------- */

void
reference_point_disks(const SnapshotDef *def, GPtrArray **tracked, GPtrArray **untracked)
{
    *tracked = g_ptr_array_new();
    *untracked = g_ptr_array_new();
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        gboolean fits = disk->location == SNAPSHOT_LOCATION_LIVE && !disk_def_is_empty(disk) &&
                        g_strcmp0(disk->storage->format, "qcow2") == 0;

        g_ptr_array_add(fits ? *tracked : *untracked, disk->target);
    }
}

/* A member for which a checkpoint is being made. */
typedef struct {
    SnapshotDef *def;
    GPtrArray *tracked;
    GPtrArray *untracked;
} Candidate;

static void
candidate_free(Candidate *self)
{
    snapshot_def_free(self->def);
    g_clear_pointer(&self->tracked, g_ptr_array_unref);
    g_clear_pointer(&self->untracked, g_ptr_array_unref);
    g_free(self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Candidate, candidate_free)

static void
warn_of_untracked(const Candidate *self, const char *domain, GPtrArray *warnings)
{
    for (guint i = 0; i < self->def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(self->def->disks, i);

        if (disk->location != SNAPSHOT_LOCATION_LIVE ||
            g_ptr_array_find(self->tracked, disk->target, NULL))
            continue;
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("Domain '%s': what changes on the disk '%s' cannot be "
                                          "followed, only that of qcow2 images can"),
                                        domain, disk->target));
    }
}

static Candidate *
candidate_new(Hypervisor *hypervisor, const char *domain, const char *name, GPtrArray *warnings,
              GError **error)
{
    g_autoptr(DomainRecord) record =
        hypervisor->ops->present(hypervisor, domain, name, FALSE, error);
    const SnapshotRecord *present = record ? g_ptr_array_index(record->snapshots, 0) : NULL;
    g_autoptr(Candidate) self = g_new0(Candidate, 1);

    self->def = present ? snapshot_def_parse(present->xml, domain, error) : NULL;
    if (!self->def)
        return NULL;
    if (!record->active) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' is shut off, and libvirt makes checkpoints of running "
                      "domains only; start it"),
                    domain);
        return NULL;
    }
    if (!domain_job_check(hypervisor, record->uuid, domain, error))
        return NULL;
    reference_point_disks(self->def, &self->tracked, &self->untracked);
    warn_of_untracked(self, domain, warnings);
    if (self->tracked->len > 0)
        return g_steal_pointer(&self);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The domain '%s' has no disk in a qcow2 image, and only of those it can be "
                  "followed what changes; leave it out of the collection"),
                domain);

    return NULL;
}

/* --- looking ------------------------------------------------------------------------ */

static const HypervisorCheckpoint *
find_checkpoint(GPtrArray *checkpoints, const char *name)
{
    for (guint i = 0; i < checkpoints->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(checkpoints, i);

        if (g_str_equal(one->name, name))
            return one;
    }

    return NULL;
}

static gboolean
check_point_free(Hypervisor *hypervisor, const char *domain, const char *name, GError **error)
{
    g_autofree char *checkpoint = reference_point_checkpoint(name);
    g_autoptr(GPtrArray) known =
        hypervisor->ops->backups->checkpoints(hypervisor, domain, error);

    if (!known)
        return FALSE;
    if (!find_checkpoint(known, checkpoint))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("The domain '%s' has a reference point '%s' already; choose another name, or "
                  "delete that one"),
                domain, name);

    return FALSE;
}

static void
point_member_free(ReferencePointMember *self)
{
    g_free(self->domain);
    g_free(self->reason);
    g_free(self);
}

void
reference_point_free(ReferencePoint *self)
{
    if (!self)
        return;
    g_free(self->name);
    g_free(self->export);
    g_ptr_array_unref(self->members);
    g_free(self);
}

gboolean
reference_point_is_whole(const ReferencePoint *self)
{
    for (guint i = 0; i < self->members->len; i++) {
        const ReferencePointMember *member = g_ptr_array_index(self->members, i);

        if (member->state == REFERENCE_POINT_BROKEN || member->state == REFERENCE_POINT_MISSING)
            return FALSE;
    }

    return TRUE;
}

/* The checkpoints of one domain. */
typedef struct {
    const char *domain;
    gboolean active;
    GPtrArray *checkpoints;
} Known;

static void
known_free(Known *self)
{
    g_clear_pointer(&self->checkpoints, g_ptr_array_unref);
    g_free(self);
}

/* Nothing can be asked of its disks then. */
static gboolean
is_busy(Hypervisor *hypervisor, const char *uuid)
{
    return domain_job_locks(hypervisor->ops->snapshots->job(hypervisor, uuid));
}

static GPtrArray *
ask_all(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func((GDestroyNotify)known_free);

    for (guint i = 0; i < domains->len; i++) {
        Known *known = g_new0(Known, 1);
        g_autoptr(DomainRecord) record = NULL;
        gboolean running;

        g_ptr_array_add(all, known);
        known->domain = g_ptr_array_index(domains, i);
        known->checkpoints =
            hypervisor->ops->backups->checkpoints(hypervisor, known->domain, error);
        if (!known->checkpoints)
            return NULL;
        record = hypervisor->ops->describe(hypervisor, known->domain, &running, NULL);
        known->active = record && record->active && !is_busy(hypervisor, record->uuid);
    }

    return g_steal_pointer(&all);
}

static ReferencePointMember *
member_with(const Known *known, const char *checkpoint)
{
    const HypervisorCheckpoint *one = find_checkpoint(known->checkpoints, checkpoint);
    ReferencePointMember *member = g_new0(ReferencePointMember, 1);

    member->domain = g_strdup(known->domain);
    member->state = !one            ? REFERENCE_POINT_MISSING
                    : one->broken   ? REFERENCE_POINT_BROKEN
                    : known->active ? REFERENCE_POINT_WHOLE
                                    : REFERENCE_POINT_UNKNOWN;
    member->reason = one ? g_strdup(one->reason) : NULL;
    member->creation_time = one ? one->creation_time : 0;

    return member;
}

/* All members of an export have the same id and path in their checkpoints. */
static void
find_export(ReferencePoint *self, const HypervisorCheckpoint *one)
{
    self->export = g_strdup(one->export);
    if (one->export && one->id)
        self->found = export_point_look(one->export, one->name, one->id);
}

static ReferencePoint *
point_of(GPtrArray *all, const HypervisorCheckpoint *one)
{
    ReferencePoint *self = g_new0(ReferencePoint, 1);

    self->name = g_strdup(one->name + strlen(REFERENCE_POINT_PREFIX));
    find_export(self, one);
    self->members = g_ptr_array_new_with_free_func((GDestroyNotify)point_member_free);
    for (guint i = 0; i < all->len; i++)
        g_ptr_array_add(self->members, member_with(g_ptr_array_index(all, i), one->name));

    return self;
}

GPtrArray *
reference_point_list(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) all = ask_all(hypervisor, domains, error);
    g_autoptr(GTree) names = g_tree_new((GCompareFunc)strcmp);
    GPtrArray *points;

    if (!all)
        return NULL;
    for (guint i = 0; i < all->len; i++) {
        const Known *known = g_ptr_array_index(all, i);

        for (guint k = 0; k < known->checkpoints->len; k++) {
            HypervisorCheckpoint *one = g_ptr_array_index(known->checkpoints, k);

            if (g_str_has_prefix(one->name, REFERENCE_POINT_PREFIX))
                g_tree_insert(names, one->name, one);
        }
    }
    points = g_ptr_array_new_with_free_func((GDestroyNotify)reference_point_free);
    for (GTreeNode *node = g_tree_node_first(names); node; node = g_tree_node_next(node))
        g_ptr_array_add(points, point_of(all, g_tree_node_value(node)));

    return points;
}

/* --- making --------------------------------------------------------------------------- */

static gboolean
hold_checkpoint(Hypervisor *hypervisor, MomentMember *member, gpointer name, GError **error)
{
    const Candidate *candidate = member->data;
    const HypervisorCheckpointRequest request = {
        .domain = member->domain,
        .name = name,
        .tracked = candidate->tracked,
        .untracked = candidate->untracked,
    };

    return hypervisor->ops->backups->create_checkpoint(hypervisor, &request, error);
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

static gboolean
make_all(Hypervisor *hypervisor, GPtrArray *domains, GPtrArray *candidates, const char *name,
         GPtrArray *warnings, gboolean *left, GError **error)
{
    const MomentOptions options = {.level = MOMENT_PAUSE};
    g_autofree char *checkpoint = reference_point_checkpoint(name);
    g_autoptr(Moment) moment = moment_new();
    gboolean made;

    for (guint i = 0; i < candidates->len; i++) {
        Candidate *candidate = g_ptr_array_index(candidates, i);

        moment_add(moment, g_ptr_array_index(domains, i), candidate->def->domain_uuid, candidate);
    }
    made = moment_hold(moment, hypervisor, &options, hold_checkpoint, checkpoint, error);
    strings_append(warnings, moment->warnings);
    if (!made)
        *left = !take_back(hypervisor, moment, checkpoint, error);

    return made;
}

gboolean
reference_point_create(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                       GPtrArray *warnings, gboolean *left, GError **error)
{
    g_autoptr(GPtrArray) candidates =
        g_ptr_array_new_with_free_func((GDestroyNotify)candidate_free);

    *left = FALSE;
    if (!reference_point_check_name(name, error))
        return FALSE;
    for (guint i = 0; i < domains->len; i++) {
        const char *domain = g_ptr_array_index(domains, i);
        Candidate *candidate = candidate_new(hypervisor, domain, name, warnings, error);

        if (!candidate)
            return FALSE;
        g_ptr_array_add(candidates, candidate);
        if (!check_point_free(hypervisor, domain, name, error))
            return FALSE;
    }

    return make_all(hypervisor, domains, candidates, name, warnings, left, error);
}

/* --- removing ----------------------------------------------------------------------------- */

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

gboolean
reference_point_drop(Hypervisor *hypervisor, const char *domain, const char *checkpoint,
                     GPtrArray *warnings, GError **error)
{
    FrozenTimes *frozen = frozen_times_look(hypervisor, domain);
    gboolean forgotten;
    gboolean done = hypervisor->ops->backups->delete_checkpoint(hypervisor, domain, checkpoint,
                                                                &forgotten, error);

    frozen_times_note(frozen);
    if (done && forgotten)
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("Domain '%s': libvirt could not delete the checkpoint "
                                          "'%s', so only what it knew of it is gone; a bitmap of "
                                          "that name may still be in an image"),
                                        domain, checkpoint));

    return done;
}

gboolean
reference_point_delete(Hypervisor *hypervisor, GPtrArray *domains, const char *name,
                       GPtrArray *warnings, GError **error)
{
    g_autofree char *checkpoint = reference_point_checkpoint(name);
    g_autoptr(GPtrArray) all = ask_all(hypervisor, domains, error);
    gboolean found = FALSE;

    for (guint i = 0; all && i < all->len; i++)
        found |= find_checkpoint(((Known *)g_ptr_array_index(all, i))->checkpoints,
                                 checkpoint) != NULL;
    if (all && !found)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("There is no reference point '%s'; 'virtsnap reference-point-list' shows "
                      "those that there are"),
                    name);
    if (!found || !check_jobs(hypervisor, domains, error))
        return FALSE;
    for (guint i = 0; i < domains->len; i++) {
        if (!reference_point_drop(hypervisor, g_ptr_array_index(domains, i), checkpoint, warnings,
                                  error))
            return FALSE;
    }

    return TRUE;
}
