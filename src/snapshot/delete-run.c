/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>

#include "hypervisor/drivers.h"
#include "hypervisor/layer-ops.h"
#include "snapshot/delete-run.h"
#include "snapshot/image-rename.h"
#include "snapshot/layer-merge.h"
#include "snapshot/layer-remove.h"
#include "snapshot/set-point.h"
#include "util/fd.h"

typedef struct {
    Hypervisor *hypervisor;
    const DeletePlan *plan;
    const DeleteMember *member;
    Control *control;
    JobRun *run;
    GPtrArray *warnings;
} Run;

/* The domains and images as they are after layers were merged. */
typedef struct {
    GPtrArray *domains;
    ImageUsers *users;
    const DomainSurvey *domain; /* the member */
} Now;

static void
now_clear(Now *now)
{
    image_users_free(now->users);
    g_clear_pointer(&now->domains, g_ptr_array_unref);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Now, now_clear)

static gboolean
look_now(const Run *self, Now *now, GError **error)
{
    now->domains = self->hypervisor->ops->layers->survey(self->hypervisor, error);
    now->users = now->domains ? image_users_find(now->domains, error) : NULL;
    if (!now->users)
        return FALSE;
    now->domain = domain_survey_find_uuid(now->domains, self->member->domain->uuid);
    if (now->domain)
        return image_users_check(now->users, self->plan->gone, self->plan->snapshot, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("The domain '%s' was undefined meanwhile; its layers are left as they are"),
                self->member->domain->name);

    return FALSE;
}

/* --- who names the upper layer ----------------------------------------------------------- */

/* Changes the headers of other branches above the upper layer: they get the lower one, which has
 * the same content by now, as backing file. QEMU does so by itself for those of a running
 * domain. */
static gboolean
rebase_branches(const Now *now, const DeleteDisk *disk, GError **error)
{
    g_autoptr(GPtrArray) done = g_ptr_array_new();

    for (guint i = 0; i < now->users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(now->users->users, i);
        const Layer *above = layer_above(user->top, disk->top);

        if (!above || g_ptr_array_find(done, above, NULL))
            continue;
        if (!drivers_get()->rebase_image(above, disk->base->path, disk->base->format, error))
            return FALSE;
        g_ptr_array_add(done, (gpointer)above);
    }

    return TRUE;
}

static gboolean
rename_in_domain(const Run *self, const Now *now, const DeleteDisk *disk, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *xml = now->domain->persistent ? image_rename(now->domain->persistent,
                                                                  disk->top, disk->base, &why)
                                                   : NULL;

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }

    return !xml || self->hypervisor->ops->layers->redefine(self->hypervisor, xml, error);
}

static gboolean
rename_in_snapshot(const Run *self, const Now *now, const DeleteDisk *disk,
                   const SnapshotRecord *snapshot, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autofree char *xml = image_rename(snapshot->xml, disk->top, disk->base, &why);
    gboolean current = g_strcmp0(now->domain->current, snapshot->name) == 0;

    if (why) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }

    return !xml || self->hypervisor->ops->redefine_snapshot(self->hypervisor, now->domain->name,
                                                            xml, current, error);
}

static gboolean
rename_in_snapshots(const Run *self, const Now *now, const DeleteDisk *disk, GError **error)
{
    for (guint i = 0; i < now->domain->snapshots->len; i++) {
        const SnapshotRecord *snapshot = g_ptr_array_index(now->domain->snapshots, i);

        if (g_str_equal(snapshot->name, self->plan->snapshot))
            continue;
        if (!rename_in_snapshot(self, now, disk, snapshot, error))
            return FALSE;
    }

    return TRUE;
}

/* Refuses to go on if a domain was started on the upper layer while it was merged, because what
 * it has written since would be lost. */
static gboolean
check_switched(const Now *now, const DeleteDisk *disk, GError **error)
{
    for (guint i = 0; i < now->users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(now->users->users, i);

        if (user->snapshot || user->persistent || !user->domain->active ||
            !layer_in(user->top, disk->top))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' runs on '%s', which was merged into '%s'; it has all its "
                      "data, and the same command resumes the removal"),
                    user->domain->name, disk->top->path, disk->base->path);
        return FALSE;
    }

    return TRUE;
}

/* Refuses to take a block job for ours that another program had begun, and that merged the upper
 * layer into another one: which layers a running commit has nothing tells before it has ended. */
static gboolean
check_merged_here(const Run *self, const Now *now, const DeleteDisk *disk, GError **error)
{
    for (guint i = 0; i < now->users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(now->users->users, i);

        if (user->domain != now->domain || user->snapshot || user->persistent ||
            !disk->adopt || !g_str_equal(user->target, disk->target) ||
            layer_in(user->top, disk->base))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The block job of another program has merged '%s' into another layer than "
                      "'%s'; the domain has all its data, and --metadata removes what libvirt "
                      "knows of the snapshot"),
                    disk->top->path, disk->base->path);
        return FALSE;
    }

    return TRUE;
}

static gboolean
rename_upper(const Run *self, const DeleteDisk *disk, GError **error)
{
    auto_fd held = layer_hold(disk->top, error);
    g_auto(Now) now = {0};

    return held >= 0 && look_now(self, &now, error) && check_switched(&now, disk, error) &&
           check_merged_here(self, &now, disk, error) && rebase_branches(&now, disk, error) &&
           rename_in_domain(self, &now, disk, error) &&
           rename_in_snapshots(self, &now, disk, error);
}

/* --- disks --------------------------------------------------------------------------------- */

/* Makes the lower layer durable, before the upper one is removed. */
static gboolean
sync_layer(const Layer *layer, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, layer->path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, error);

    return fd >= 0 && fd_sync(fd, layer->path, error);
}

/* A block job that runs already has to be ended in any case. */
static gboolean
check_again(const Run *self, const DeleteDisk *disk, GError **error)
{
    return disk->adopt ||
           delete_plan_check_disk(self->hypervisor, self->plan, self->member, disk, error);
}

static gboolean
merge_disk(const Run *self, const DeleteDisk *disk, guint part, GError **error)
{
    CommitFollow follow = {.hypervisor = self->hypervisor,
                           .control = self->control,
                           .run = self->run,
                           .part = part,
                           .bytes = disk->bytes};

    if (disk->method == DELETE_NOTHING)
        return TRUE;
    if (disk->method != DELETE_MERGED &&
        (!check_again(self, disk, error) ||
         !layer_merge(self->member, disk, &follow, error)))
        return FALSE;

    return sync_layer(disk->base, error) && rename_upper(self, disk, error);
}

/* --- files ----------------------------------------------------------------------------------- */

static gboolean
is_needed(const Run *self, const Now *now, const Layer *layer)
{
    const LayerException except = {now->domain, self->plan->snapshot};

    return layer_is_needed(now->domains, now->users, &except, layer);
}

static void
remove_layer(const Run *self, const Now *now, const Layer *layer)
{
    if (!is_needed(self, now, layer))
        layer_remove(layer, self->warnings);
}

/* Removes an overlay of the snapshot that this run did not merge, if everything in it is in the
 * lower layer. */
static void
remove_unmerged(const Run *self, const Now *now, const DeleteDisk *disk)
{
    gboolean same = FALSE;

    if (disk->overlay->block || is_needed(self, now, disk->overlay))
        return;
    if (drivers_get()->compare_images(disk->overlay, disk->base, &same, NULL) && same) {
        remove_layer(self, now, disk->overlay);
        return;
    }
    g_ptr_array_add(self->warnings,
                    g_strdup_printf(_("'%s' is left: no domain or snapshot names it any more, but "
                                      "it has data that is not in '%s'; remove it if nobody "
                                      "misses that"),
                                    disk->overlay->path, disk->base->path));
}

static gboolean
is_memory_of_another(const Now *now, const char *except, const char *path)
{
    for (guint i = 0; i < now->users->snapshots->len; i++) {
        const ImageSnapshot *snapshot = g_ptr_array_index(now->users->snapshots, i);

        if (g_strcmp0(snapshot->def->memory_file, path) == 0 &&
            !(snapshot->domain == now->domain && g_str_equal(snapshot->def->name, except)))
            return TRUE;
    }

    return FALSE;
}

static gboolean
remove_merged_files(const Run *self, GError **error)
{
    g_auto(Now) now = {0};

    if (!look_now(self, &now, error))
        return FALSE;
    for (guint i = 0; i < self->member->disks->len; i++) {
        const DeleteDisk *disk = g_ptr_array_index(self->member->disks, i);

        if (disk->top && !disk->keep)
            remove_layer(self, &now, disk->top);
        if (disk->overlay && (disk->keep || !disk->top ||
                              !layer_is_same(disk->overlay, disk->top)))
            remove_unmerged(self, &now, disk);
    }
    if (self->member->memory &&
        !is_memory_of_another(&now, self->plan->snapshot, self->member->memory))
        layer_remove_file(self->member->memory, self->warnings);

    return TRUE;
}

/* --- the whole --------------------------------------------------------------- */

/* Each disk is told of by itself: what is merged stays so when another one fails. */
static gboolean
delete_disk(const Run *self, const DeleteDisk *disk, guint part, GError **error)
{
    if (merge_disk(self, disk, part, error)) {
        job_run_tell_disk(self->run, part - 1, JOB_DISK_COMPLETED);
        return TRUE;
    }
    g_prefix_error(error, _("Domain '%s', disk '%s': "), self->member->domain->name,
                   disk->target);
    if (!control_is_cancelled(self->control))
        job_run_tell_disk(self->run, part - 1, JOB_DISK_FAILED);

    return FALSE;
}

static gboolean
delete_external(const Run *self, guint *part, GError **error)
{
    for (guint i = 0; i < self->member->disks->len; i++) {
        const DeleteDisk *disk = g_ptr_array_index(self->member->disks, i);

        if (!delete_disk(self, disk, ++*part, error))
            return FALSE;
    }

    return self->plan->metadata || remove_merged_files(self, error);
}

/* It is done while libvirt still knows the snapshot, by which an interrupted removal is found. */
static gboolean
drop_checkpoint(const Run *self, GError **error)
{
    const SetRecord *record = self->plan->with_point;
    const SetMember *member =
        record ? set_record_member(record, self->member->domain->uuid) : NULL;

    return !member || set_point_drop(self->hypervisor, record, member, self->warnings, error);
}

static gboolean
delete_member(const Run *self, guint *part, GError **error)
{
    const HypervisorLayerOps *ops = self->hypervisor->ops->layers;

    if ((!self->member->internal && !delete_external(self, part, error)) ||
        !drop_checkpoint(self, error))
        return FALSE;

    return ops->delete_snapshot(self->hypervisor, self->member->domain->uuid,
                                self->plan->snapshot, !self->member->internal, error);
}

gboolean
delete_run(Hypervisor *hypervisor, const DeletePlan *plan, Control *control, JobRun *run,
           GPtrArray *warnings, GError **error)
{
    guint part = 0;

    control_set_end(control, plan->bytes);
    for (guint i = 0; i < plan->members->len; i++) {
        const Run self = {hypervisor, plan, g_ptr_array_index(plan->members, i), control, run,
                          warnings};

        if (!control_pass(control, 0, error) || !delete_member(&self, &part, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
delete_run_member(Hypervisor *hypervisor, const char *collection, const char *snapshot,
                  char *domain, GPtrArray *warnings, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const DeleteSubject subject = {
        .collection = collection,
        .snapshot = snapshot,
        .names = names,
        .part = TRUE,
    };
    g_autoptr(Control) control = control_new();
    g_autoptr(DeletePlan) plan = NULL;

    g_ptr_array_add(names, domain);
    plan = delete_plan_make(hypervisor, &subject, error);

    return plan && delete_run(hypervisor, plan, control, NULL, warnings, error);
}
