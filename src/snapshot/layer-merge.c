/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/drivers.h"
#include "hypervisor/layer-ops.h"
#include "snapshot/layer-merge.h"

/* How often the control is asked whether to suspend, to cancel or to change the bandwidth. The
 * end of the block job comes as an event of libvirt. */
#define LOOK_US (G_USEC_PER_SEC / 5)

/* The bandwidth, in bytes a second, of a block job that is suspended. */
#define CRAWL 1

typedef struct {
    Hypervisor *hypervisor;
    const DeleteMember *member;
    const DeleteDisk *disk;
    guint part;
    Control *control;
    guint64 counted; /* of the disk's bytes, so far */
    guint64 speed;   /* that was asked for last */
} Merge;

static void
count(double done, gpointer data)
{
    Merge *self = data;
    guint64 bytes = (guint64)(done * (double)self->disk->bytes);

    if (bytes <= self->counted || bytes > self->disk->bytes)
        return;
    control_advance_part(self->control, self->part, bytes - self->counted);
    self->counted = bytes;
}

/* --- by a block job ------------------------------------------------------------------ */

static gboolean
set_speed(Merge *self, HypervisorCommit *commit, gboolean suspended, GError **error)
{
    guint64 speed = suspended ? CRAWL : control_get_bandwidth(self->control);

    if (speed == self->speed)
        return TRUE;
    self->speed = speed;

    return self->hypervisor->ops->layers->commit_set_speed(commit, speed, error);
}

/* Waits until the block job is ready to be pivoted, or has ended. */
static gboolean
follow(Merge *self, HypervisorCommit *commit, CommitProgress *progress, GError **error)
{
    const HypervisorLayerOps *ops = self->hypervisor->ops->layers;
    gboolean passed = TRUE;

    do {
        if (!control_pass_for(self->control, 0, 0, &passed, error) ||
            !set_speed(self, commit, !passed, error) ||
            !ops->commit_wait(commit, LOOK_US, progress, error))
            return FALSE;
        if (progress->end > 0)
            count((double)progress->cur / (double)progress->end, self);
    } while (progress->state == COMMIT_RUNNING || (progress->state == COMMIT_READY && !passed));

    return TRUE;
}

/* Adds the likely causes to an error of QEMU that says only that a permission was denied. */
static const char *
hint(const GError *error)
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

    self->speed = control_get_bandwidth(self->control);
    commit = ops->commit_begin(self->hypervisor, self->member->domain->uuid, self->disk->target,
                               self->disk->base->path, self->disk->top->path,
                               self->disk->method == DELETE_ACTIVE, self->speed,
                               self->disk->adopt, error);
    if (!commit)
        return FALSE;
    if (self->disk->adopt)
        self->speed = G_MAXUINT64;
    done = follow(self, commit, &progress, error) && end_well(self, commit, &progress, error);
    if (!done && control_is_cancelled(self->control)) {
        g_autoptr(GError) why = NULL;

        if (!ops->commit_abort(commit, &why)) {
            g_clear_error(error);
            g_propagate_error(error, g_steal_pointer(&why));
        }
    }
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
                  .part = part,
                  .control = control};
    g_autoptr(GError) why = NULL;
    gboolean done;

    if (!control_pass(control, 0, error))
        return FALSE;
    done = disk->method == DELETE_OFFLINE
               ? drivers_get()->commit_image(disk->top, control, count, &self, &why)
               : merge_running(&self, &why);
    if (done) {
        count(1, &self);
        return TRUE;
    }
    g_set_error(error, why->domain, why->code, "%s%s", why->message, hint(why));

    return FALSE;
}
