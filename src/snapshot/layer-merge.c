/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/drivers.h"
#include "hypervisor/host-security.h"
#include "hypervisor/layer-ops.h"
#include "snapshot/layer-merge.h"

typedef struct {
    Hypervisor *hypervisor;
    const DeleteMember *member;
    const DeleteDisk *disk;
    CommitFollow *follow;
} Merge;

/* --- by a block job ------------------------------------------------------------------ */

/* Adds the likely causes to an error of QEMU that says only that a permission was denied. A rule
 * that denies cannot be taken back by one that allows. */
static char *
explain_merge_denied(Hypervisor *hypervisor, const GError *why)
{
    if (!strstr(why->message, "ermission denied"))
        return g_strdup(why->message);
    if (host_has_security_model(hypervisor, "apparmor"))
        return g_strdup_printf(
            _("%s; under AppArmor libvirt before 12.1 denies QEMU to write to lower layers, and "
              "no local rule can allow it: shut the domain down, and remove the snapshot then; "
              "with a later libvirt see whether owner or mode of the lower layer are in the way"),
            why->message);

    return g_strdup_printf(
        _("%s; QEMU may not write to the lower layer: see whether its owner or mode are in the "
          "way, or SELinux ('ausearch -m avc -ts recent')"),
        why->message);
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

    self->follow->speed = control_get_bandwidth(self->follow->control);
    commit = ops->commit_begin(self->hypervisor, self->member->domain->uuid, self->disk->target,
                               self->disk->base->path, self->disk->top->path,
                               self->disk->method == DELETE_ACTIVE, self->follow->speed,
                               self->disk->adopt, error);
    if (!commit)
        return FALSE;
    if (self->disk->adopt)
        self->follow->speed = G_MAXUINT64;
    done = commit_follow(self->follow, commit, &progress, error) &&
           end_well(self, commit, &progress, error);
    done = done || commit_follow_abort(self->follow, commit, error);
    ops->commit_end(commit);

    return done;
}

/* --- the whole ------------------------------------------------------------------------- */

gboolean
layer_merge(const DeleteMember *member, const DeleteDisk *disk, CommitFollow *follow,
            GError **error)
{
    Merge self = {follow->hypervisor, member, disk, follow};
    g_autoptr(GError) why = NULL;
    g_autofree char *text = NULL;
    gboolean done;

    if (!control_pass(follow->control, 0, error))
        return FALSE;
    done = disk->method == DELETE_OFFLINE
               ? drivers_get()->commit_image(disk->top, follow->control, commit_follow_count,
                                             follow, &why)
               : merge_running(&self, &why);
    if (done) {
        commit_follow_count(1, follow);
        return TRUE;
    }
    text = explain_merge_denied(follow->hypervisor, why);
    g_set_error_literal(error, why->domain, why->code, text);

    return FALSE;
}
