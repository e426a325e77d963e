/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/domain-job.h"
#include "hypervisor/drivers.h"
#include "hypervisor/layer-ops.h"
#include "image/layer-snapshots.h"
#include "snapshot/delete-members.h"
#include "snapshot/delete-plan.h"
#include "snapshot/delete-users.h"
#include "snapshot/set-others.h"
#include "util/xml.h"

/* Values of virDomainBlockJobType. */
#define BLOCK_JOB_COMMIT 3
#define BLOCK_JOB_ACTIVE_COMMIT 4

typedef struct {
    Hypervisor *hypervisor;
    DeletePlan *plan;
    GPtrArray *needs; /* char*: what is needed by others, for one error that names all */
    DeleteMember *member;   /* the member that is being planned */
    const SnapshotDef *def; /* its snapshot */
} Builder;

const char *
delete_method_name(DeleteMethod method)
{
    static const char *const names[] = {
        [DELETE_NOTHING] = "none",         [DELETE_MERGED] = "merged",
        [DELETE_ACTIVE] = "active-commit", [DELETE_MIDDLE] = "commit",
        [DELETE_OFFLINE] = "offline-commit",
    };

    return names[method];
}

/* --- who needs the frozen layer ---------------------------------------------------- */

/* Takes @need. */
static void
add_need(Builder *self, char *need)
{
    if (g_ptr_array_find_with_equal_func(self->needs, need, g_str_equal, NULL))
        g_free(need);
    else
        g_ptr_array_add(self->needs, need);
}

static char *
describe_need(const Builder *self, const DeleteDisk *disk, const char *who)
{
    return g_strdup_printf(_("%s needs '%s' (domain '%s', disk '%s')"), who, disk->base->path,
                           self->member->domain->name, disk->target);
}

static void
add_needs(Builder *self, const DeleteDisk *disk, GPtrArray *users)
{
    for (guint i = 0; i < users->len; i++) {
        g_autofree char *who = image_user_describe(g_ptr_array_index(users, i));

        add_need(self, describe_need(self, disk, who));
    }
}

/* --- who cannot be followed to it ---------------------------------------------------- */

/* Whatever is missing of the member's own disk may stand on the frozen layer. */
static gboolean
is_own_disk(const Builder *self, const DeleteDisk *disk, const ImageTrace *trace)
{
    return trace->why && trace->domain == self->member->domain && !trace->snapshot &&
           g_str_equal(trace->target, disk->target);
}

/* A chain of the member that the headers have as well is sorted by them. */
static gboolean
is_need(const Builder *self, const DeleteDisk *disk, const ImageTrace *trace)
{
    if (image_trace_is_of(trace, self->member->domain, self->plan->snapshot) ||
        (!trace->why && trace->domain == self->member->domain))
        return FALSE;

    return image_set_has(trace->files, disk->base) || is_own_disk(self, disk, trace);
}

/* Adds those whose chains cannot be resolved, but need the frozen layer. */
static void
add_traced_needs(Builder *self, const DeleteDisk *disk)
{
    const GPtrArray *traces = self->plan->users->traces;

    for (guint i = 0; i < traces->len; i++) {
        const ImageTrace *trace = g_ptr_array_index(traces, i);
        g_autofree char *who = NULL;
        g_autofree char *need = NULL;

        if (!is_need(self, disk, trace))
            continue;
        who = image_trace_describe(trace);
        need = describe_need(self, disk, who);
        add_need(self, trace->why ? g_strdup_printf("%s: %s", need, trace->why->message)
                                  : g_steal_pointer(&need));
    }
}

/* --- what becomes of a disk ----------------------------------------------------------- */

/* Returns: how the layer is merged, which depends on its place in the member's active chain. */
static DeleteMethod
delete_method_for(const Builder *self, const DeleteDisk *disk)
{
    const GPtrArray *users = self->plan->users->users;

    for (guint i = 0; self->member->domain->active && i < users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users, i);

        if (user->domain != self->member->domain || user->snapshot || user->persistent)
            continue;
        if (layer_is_same(user->top, disk->top))
            return DELETE_ACTIVE;
        if (layer_in(user->top, disk->top))
            return DELETE_MIDDLE;
    }

    return DELETE_OFFLINE;
}

/* A merge takes over the present state of the upper layer, and nothing else that is in it. */
static void
look_at_upper(Builder *self, const DeleteDisk *disk)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *names =
        disk->top->n_snapshots > 0 ? layer_snapshot_names(disk->top, &error) : NULL;

    if (disk->top->n_snapshots > 0)
        add_need(self, g_strdup_printf(_("'%s' (domain '%s', disk '%s') has the internal snapshots "
                                         "%s, which would be lost"),
                                       disk->top->path, self->member->domain->name, disk->target,
                                       names ? names : error->message));
    /* QEMU takes bitmaps over itself while the domain runs; of checkpoints check_member() tells. */
    if (disk->top->n_bitmaps > 0 && disk->method == DELETE_OFFLINE &&
        self->member->domain->checkpoints == 0)
        g_ptr_array_add(self->plan->warnings,
                        g_strdup_printf(_("'%s' (domain '%s', disk '%s') has dirty bitmaps, which "
                                          "are lost when it is merged while the domain is off"),
                                        disk->top->path, self->member->domain->name,
                                        disk->target));
}

static void
decide_disk(Builder *self, DeleteDisk *disk)
{
    const DeleteSite site = {
        .users = self->plan->users,
        .domain = self->member->domain,
        .snapshot = self->plan->snapshot,
        .target = disk->target,
        .base = disk->base,
        .overlay = disk->overlay,
    };
    g_auto(DeleteUsers) users = {0};

    add_traced_needs(self, disk);
    delete_users_find(&site, &users);
    if (users.stale) {
        disk->method = DELETE_MERGED;
        disk->top = disk->overlay;
        disk->keep = users.running;
        return;
    }
    if (users.branches->len == 0)
        return;
    /* Other snapshots froze the same layer, and nobody uses the overlay of this one. */
    if (users.tops->len > 0 && !users.overlay_used)
        return;
    if (users.tops->len > 0 || users.foreign->len > 0 || users.branches->len > 1) {
        add_needs(self, disk, users.foreign);
        add_needs(self, disk, users.tops);
        if (users.branches->len > 1)
            add_needs(self, disk, users.branches);
        return;
    }
    disk->top = layer_above(((const ImageUser *)g_ptr_array_index(users.branches, 0))->top,
                            disk->base);
    disk->method = delete_method_for(self, disk);
    disk->bytes = disk->top->allocated;
    look_at_upper(self, disk);
}

/* Returns: whether the block job of the disk copies to the frozen layer, as libvirt's XML has it
 * of an active commit. Of another commit nothing tells the layers; delete_run() sees when that is
 * over whether it was the right one. */
static gboolean
leads_to_base(const Builder *self, const DeleteDisk *disk)
{
    const char *xml = self->member->domain->xml;
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "domain", NULL);
    g_autofree char *find =
        g_strdup_printf("./devices/disk[target/@dev='%s']/mirror[@job='active-commit']",
                        disk->target);
    xmlNode *mirror = doc ? xml_node(xmlDocGetRootElement(doc), find) : NULL;
    g_autofree char *file = mirror ? xml_text(mirror, "./source/@file | ./source/@dev") : NULL;

    return file && layer_is_at(disk->base, file);
}

/* Takes over a block job of an interrupted removal. Any other block job belongs to another
 * program and is refused. */
static gboolean
look_for_job(const Builder *self, DeleteDisk *disk, GError **error)
{
    const HypervisorLayerOps *ops = self->hypervisor->ops->layers;
    guint64 cur, end;
    guint type = 0;

    if (!self->member->domain->active)
        return TRUE;
    if (!ops->block_job(self->hypervisor, self->member->domain->uuid, disk->target, &type, &cur,
                        &end, error))
        return FALSE;
    disk->adopt = (type == BLOCK_JOB_ACTIVE_COMMIT && disk->method == DELETE_ACTIVE &&
                   leads_to_base(self, disk)) ||
                  (type == BLOCK_JOB_COMMIT && disk->method == DELETE_MIDDLE);
    if (type == 0 || disk->adopt)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("it has a block job already; wait for its end ('virsh blockjob %s %s' shows it)"),
                self->member->domain->name, disk->target);

    return FALSE;
}

static gboolean
plan_delete_external(Builder *self, const DiskDef *def, DeleteDisk *disk, GError **error)
{
    if (!storage_def_check(def->storage, error))
        return FALSE;
    disk->base = image_users_resolve(self->plan->users, def->storage->path, def->storage->format,
                                     error);
    if (!disk->base ||
        !self->hypervisor->ops->sees(self->hypervisor, disk->base->path, error))
        return FALSE;
    if (def->overlay)
        disk->overlay = image_users_resolve(self->plan->users, def->overlay, "qcow2", NULL);
    decide_disk(self, disk);
    self->plan->bytes += disk->bytes;

    return look_for_job(self, disk, error);
}

static DeleteDisk *
add_disk(const Builder *self, const char *target)
{
    DeleteDisk *disk = g_new0(DeleteDisk, 1);

    disk->target = g_strdup(target);
    g_ptr_array_add(self->member->disks, disk);

    return disk;
}

static gboolean
plan_delete_disk(Builder *self, const DiskDef *def, GError **error)
{
    DeleteDisk *disk = add_disk(self, def->target);

    if (def->location == SNAPSHOT_LOCATION_NO || disk_def_is_empty(def))
        return TRUE;
    if (def->location == SNAPSHOT_LOCATION_EXTERNAL && plan_delete_external(self, def, disk, error))
        return TRUE;
    if (def->location == SNAPSHOT_LOCATION_MANUAL)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("its snapshot was taken by the storage (snapshot='manual'): remove it there, "
                      "and here with --metadata"));
    else if (def->location == SNAPSHOT_LOCATION_INTERNAL)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("its snapshot is an internal one, and those of other disks are not; what "
                      "has become of them is not known, so remove it with virsh"));
    g_prefix_error(error, _("Domain '%s', disk '%s': "), self->member->domain->name, def->target);

    return FALSE;
}

/* --- what becomes of a member ----------------------------------------------------------- */

static gboolean
check_member(const Builder *self, GError **error)
{
    const DomainSurvey *domain = self->member->domain;

    if (domain->saved && !domain->active) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' has a saved state, which needs the layers as they are; "
                      "start it, or remove the saved state (virsh managedsave-remove)"),
                    domain->name);
        return FALSE;
    }
    if (domain->checkpoints > 0 && !domain->active)
        g_ptr_array_add(self->plan->warnings,
                        g_strdup_printf(_("The domain '%s' has checkpoints and is shut off: what "
                                          "their bitmaps tell is lost when layers are merged"),
                                        domain->name));

    return TRUE;
}

static gboolean
plan_delete_disks(Builder *self, GError **error)
{
    if (g_strcmp0(snapshot_def_kind(self->def), "internal") == 0) {
        self->member->internal = TRUE;
        return TRUE;
    }
    if (!check_member(self, error))
        return FALSE;
    for (guint i = 0; i < self->def->disks->len; i++) {
        if (!plan_delete_disk(self, g_ptr_array_index(self->def->disks, i), error))
            return FALSE;
    }
    if (self->def->memory == SNAPSHOT_LOCATION_EXTERNAL)
        self->member->memory = g_strdup(self->def->memory_file);

    return TRUE;
}

static void
delete_disk_free(gpointer data)
{
    g_free(((DeleteDisk *)data)->target);
    g_free(data);
}

static void
delete_member_free(gpointer data)
{
    DeleteMember *member = data;

    g_ptr_array_unref(member->disks);
    g_free(member->memory);
    g_free(member);
}

static DeleteMember *
delete_member_new(const DomainSurvey *domain)
{
    DeleteMember *member = g_new0(DeleteMember, 1);

    member->domain = domain;
    member->disks = g_ptr_array_new_with_free_func(delete_disk_free);

    return member;
}

static gboolean
plan_delete_member(Builder *self, const DomainSurvey *domain, GError **error)
{
    self->member = delete_member_new(domain);
    g_ptr_array_add(self->plan->members, self->member);
    if (!domain_job_check(self->hypervisor, domain->uuid, domain->name, error))
        return FALSE;
    if (self->plan->metadata)
        return TRUE;
    self->def = image_users_snapshot(self->plan->users, domain, self->plan->snapshot);
    if (self->def)
        return plan_delete_disks(self, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("The snapshot '%s' of the domain '%s' does not say what it froze; remove it with "
                  "--metadata"),
                self->plan->snapshot, domain->name);

    return FALSE;
}

/* Plans every member. Those that do not have the snapshot any more are left out. */
static gboolean
plan_delete_members(Builder *self, const DeleteSubject *subject, GError **error)
{
    for (guint i = 0; i < self->plan->gone->len; i++) {
        const DomainSurvey *domain = g_ptr_array_index(self->plan->gone, i);

        if (domain_survey_snapshot(domain, subject->snapshot) &&
            !plan_delete_member(self, domain, error))
            return FALSE;
    }
    if (self->plan->members->len > 0 || subject->none_left)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("No domain of the collection '%s' has a snapshot '%s'; snapshot-list shows those "
                  "that there are"),
                subject->collection, subject->snapshot);

    return FALSE;
}

/* Finds sets of other collections that would be broken, by the names that the members have now. */
static gboolean
find_broken_sets(const Builder *self, const DeleteSubject *subject, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();

    if (subject->part)
        return TRUE;
    for (guint i = 0; i < subject->names->len; i++)
        g_ptr_array_add(names, g_ptr_array_index(subject->names, i));
    for (guint i = 0; i < self->plan->gone->len; i++)
        g_ptr_array_add(names,
                        ((const DomainSurvey *)g_ptr_array_index(self->plan->gone, i))->name);

    return set_others_find(self->plan->domains, subject->collection, subject->snapshot, names,
                           self->needs, error);
}

static gboolean
refuse_needs(const Builder *self, GError **error)
{
    g_autofree char *list = NULL;

    if (self->needs->len == 0)
        return TRUE;
    g_ptr_array_add(self->needs, NULL);
    list = g_strjoinv("; ", (char **)self->needs->pdata);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("The snapshot set '%s' cannot be merged: %s. Remove those first, or only what "
                  "libvirt knows of the set, with --metadata"),
                self->plan->snapshot, list);

    return FALSE;
}

/* Returns: FALSE if the plan merges or removes images, and somebody may need them of whom that
 * cannot be seen. */
static gboolean
check_seen(const DeletePlan *plan, GError **error)
{
    gboolean images = FALSE;

    for (guint i = 0; i < plan->members->len && !images; i++) {
        const DeleteMember *member = g_ptr_array_index(plan->members, i);

        for (guint j = 0; j < member->disks->len; j++)
            images |= ((const DeleteDisk *)g_ptr_array_index(member->disks, j))->base != NULL;
    }

    return !images || image_users_check(plan->users, plan->gone, plan->snapshot, error);
}

static DeletePlan *
delete_plan_new(const DeleteSubject *subject)
{
    DeletePlan *plan = g_new0(DeletePlan, 1);

    plan->collection = g_strdup(subject->collection);
    plan->snapshot = g_strdup(subject->snapshot);
    plan->metadata = subject->metadata;
    plan->members = g_ptr_array_new_with_free_func(delete_member_free);
    plan->gone = g_ptr_array_new();
    plan->warnings = g_ptr_array_new_with_free_func(g_free);

    return plan;
}

DeletePlan *
delete_plan_make(Hypervisor *hypervisor, const DeleteSubject *subject, GError **error)
{
    g_autoptr(DeletePlan) plan = delete_plan_new(subject);
    g_autoptr(GPtrArray) needs = g_ptr_array_new_with_free_func(g_free);
    Builder builder = {.hypervisor = hypervisor, .plan = plan, .needs = needs};

    plan->domains = hypervisor->ops->layers->survey(hypervisor, error);
    if (!plan->domains)
        return NULL;
    plan->users = image_users_find(plan->domains, error);
    if (!plan->users ||
        !delete_members_find(plan->domains, subject, plan->gone, plan->warnings, error) ||
        !plan_delete_members(&builder, subject, error) ||
        !find_broken_sets(&builder, subject, error) || !refuse_needs(&builder, error) ||
        !check_seen(plan, error))
        return NULL;
    for (guint i = 0; i < plan->users->warnings->len; i++)
        g_ptr_array_add(plan->warnings,
                        g_strdup(g_ptr_array_index(plan->users->warnings, i)));

    return g_steal_pointer(&plan);
}

/* --- once more, before a layer is written to --------------------------------------------- */

/* Returns: (transfer full): what there is now, of the same members. */
static DeletePlan *
look_again(Hypervisor *hypervisor, const DeletePlan *self, GError **error)
{
    const DeleteSubject subject = {.collection = self->collection, .snapshot = self->snapshot};
    g_autoptr(DeletePlan) now = delete_plan_new(&subject);

    now->domains = hypervisor->ops->layers->survey(hypervisor, error);
    now->users = now->domains ? image_users_find(now->domains, error) : NULL;
    if (!now->users)
        return NULL;
    for (guint i = 0; i < self->gone->len; i++) {
        const DomainSurvey *one = g_ptr_array_index(self->gone, i);
        const DomainSurvey *found = domain_survey_find_uuid(now->domains, one->uuid);

        if (found)
            g_ptr_array_add(now->gone, (gpointer)found);
    }

    return g_steal_pointer(&now);
}

/* Returns: (transfer none) (nullable): the disk as it would be planned now; NULL without an error
 * if it is not there any more. */
static const DeleteDisk *
plan_disk_again(Builder *self, const DeleteMember *member, const char *target, GError **error)
{
    const DomainSurvey *domain =
        domain_survey_find_uuid(self->plan->domains, member->domain->uuid);

    self->def = domain ? image_users_snapshot(self->plan->users, domain, self->plan->snapshot)
                       : NULL;
    if (!self->def)
        return NULL;
    self->member = delete_member_new(domain);
    g_ptr_array_add(self->plan->members, self->member);
    for (guint i = 0; i < self->def->disks->len; i++) {
        const DiskDef *def = g_ptr_array_index(self->def->disks, i);

        if (g_str_equal(def->target, target))
            return check_member(self, error) &&
                           plan_delete_external(self, def, add_disk(self, target), error)
                       ? g_ptr_array_index(self->member->disks, 0)
                       : NULL;
    }

    return NULL;
}

static gboolean
is_as_planned(const DeleteDisk *now, const DeleteDisk *planned)
{
    return now && now->method == planned->method && now->base && now->top &&
           layer_is_same(now->base, planned->base) && layer_is_same(now->top, planned->top);
}

gboolean
delete_plan_check_disk(Hypervisor *hypervisor, const DeletePlan *self, const DeleteMember *member,
                       const DeleteDisk *disk, GError **error)
{
    g_autoptr(DeletePlan) plan = look_again(hypervisor, self, error);
    g_autoptr(GPtrArray) needs = g_ptr_array_new_with_free_func(g_free);
    Builder builder = {.hypervisor = hypervisor, .plan = plan, .needs = needs};
    g_autoptr(GError) problem = NULL;
    const DeleteDisk *now;

    if (!plan)
        return FALSE;
    now = plan_disk_again(&builder, member, disk->target, &problem);
    if (problem) {
        g_propagate_error(error, g_steal_pointer(&problem));
        return FALSE;
    }
    if (!refuse_needs(&builder, error) || !check_seen(plan, error))
        return FALSE;
    if (is_as_planned(now, disk))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("the domain, or an image of it, was changed meanwhile; the same command finds "
                  "out what is left to do"));

    return FALSE;
}

void
delete_plan_free(DeletePlan *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->members);
    g_ptr_array_unref(self->gone);
    image_users_free(self->users);
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_ptr_array_unref(self->warnings);
    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self);
}
