/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/drivers.h"
#include "hypervisor/layer-ops.h"
#include "snapshot/commit-follow.h"
#include "snapshot/layer-merge.h"

typedef struct {
    Hypervisor *hypervisor;
    const DeleteMember *member;
    const DeleteDisk *disk;
    CommitFollow follow;
} Merge;

/* --- by a block job ------------------------------------------------------------------ */

/* Adds the likely causes to an error of QEMU that says only that a permission was denied. */
static const char *
permission_hint(const GError *error)
{
    if (strstr(error->message, "ermission denied"))
        return _("; QEMU may not write to the lower layer: see whether its owner or mode are in "
                 "the way, or AppArmor or SELinux ('journalctl -k -g denied'; libvirt before 12.1 "
                 "denies QEMU to write to lower layers under AppArmor: see local overrides of "
                 "abstractions/libvirt-qemu)");

    return "";
}

static gboolean
set_ended(const Merge *self, CommitState state, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                state == COMMIT_CANCELLED || state == COMMIT_GONE
                    ? _("The block job that merges '%s' into '%s' was ended by another program; "
                        "the domain has all its data, and the same command resumes the removal")
                    : _("The block job that merges '%s' into '%s' failed, perhaps for want of "
                        "space; the domain has all its data, and its log says more "
                        "(/var/log/libvirt/qemu); the same command tries again"),
                self->disk->top->path, self->disk->base->path);

    return FALSE;
}

static gboolean
end_well(Merge *self, HypervisorCommit *commit, const CommitProgress *progress, GError **error)
{
    switch (progress->state) {
    case COMMIT_READY:
        return self->hypervisor->ops->layers->commit_pivot(commit, error);
    case COMMIT_COMPLETED:
        return TRUE;
    default:
        return set_ended(self, progress->state, error);
    }
}

static gboolean
merge_running(Merge *self, GError **error)
{
    const HypervisorLayerOps *ops = self->hypervisor->ops->layers;
    CommitProgress progress = {0};
    HypervisorCommit *commit;
    gboolean done;

    self->follow.speed = control_get_bandwidth(self->follow.control);
    commit = ops->commit_begin(self->hypervisor, self->member->domain->uuid, self->disk->target,
                               self->disk->base->path, self->disk->top->path,
                               self->disk->method == DELETE_ACTIVE, self->follow.speed,
                               self->disk->adopt, error);
    if (!commit)
        return FALSE;
    if (self->disk->adopt)
        self->follow.speed = G_MAXUINT64;
    done = commit_follow(&self->follow, commit, &progress, error) &&
           end_well(self, commit, &progress, error);
    done = done || commit_follow_abort(&self->follow, commit, error);
    ops->commit_end(commit);

    return done;
}

/* --- the whole ------------------------------------------------------------------------- */

gboolean
layer_merge(Hypervisor *hypervisor, const DeleteMember *member, const DeleteDisk *disk,
            guint part, Control *control, GError **error)
{
    Merge self = {.hypervisor = hypervisor,
                  .member = member,
                  .disk = disk,
                  .follow = {hypervisor, control, part, disk->bytes, 0, 0}};
    g_autoptr(GError) why = NULL;
    gboolean done;

    if (!control_pass(control, 0, error))
        return FALSE;
    done = disk->method == DELETE_OFFLINE
               ? drivers_get()->commit_image(disk->top, control, commit_follow_count, &self.follow,
                                           &why)
               : merge_running(&self, &why);
    if (done) {
        commit_follow_count(1, &self.follow);
        return TRUE;
    }
    g_set_error(error, why->domain, why->code, "%s%s", why->message, permission_hint(why));

    return FALSE;
}
