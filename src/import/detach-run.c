/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>

#include "hypervisor/drivers.h"
#include "hypervisor/layer-ops.h"
#include "import/detach-run.h"
#include "snapshot/commit-follow.h"
#include "util/fd.h"

typedef struct {
    Hypervisor *hypervisor;
    const DetachPlan *plan;
    Control *control;
    JobRun *run;
} Run;

/* --- a running domain --------------------------------------------------------------- */

static gboolean
ended_well(const Run *self, const DetachDisk *disk, CommitState state, GError **error)
{
    /* If the end of a job was not reported, the domain's chain, which is examined afterwards, shows
     * whether it succeeded. */
    if (state == COMMIT_COMPLETED || state == COMMIT_GONE)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                state == COMMIT_CANCELLED
                    ? _("The block job of the domain '%s', disk '%s', was ended by another "
                        "program; the domain has all its data, and the same command resumes it")
                    : _("The block job of the domain '%s', disk '%s', failed, perhaps for want of "
                        "space; the domain has all its data, and its log says more "
                        "(/var/log/libvirt/qemu); the same command tries again"),
                self->plan->domain->name, disk->target);

    return FALSE;
}

static gboolean
pull_disk(const Run *self, const DetachDisk *disk, CommitFollow *follow,
          CommitProgress *progress, GError **error)
{
    const HypervisorLayerOps *ops = self->hypervisor->ops->layers;
    HypervisorCommit *job;
    gboolean done;

    follow->speed = control_get_bandwidth(self->control);
    job = ops->pull_begin(self->hypervisor, self->plan->domain->uuid, disk->target, follow->speed,
                          disk->adopt, error);
    if (!job)
        return FALSE;
    if (disk->adopt)
        follow->speed = G_MAXUINT64;
    done = commit_follow(follow, job, progress, error) &&
           ended_well(self, disk, progress->state, error);
    done = done || commit_follow_abort(follow, job, error);
    ops->commit_end(job);

    return done;
}

/* --- all ------------------------------------------------------------------------------- */

/* Makes an image durable before the definition stops naming the images below it. */
static gboolean
sync_image(const char *path, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOCTTY, 0, error);

    return fd >= 0 && fd_sync(fd, path, error);
}

/* @known: (out): whether the disk needs the export no more: otherwise that is found out when all
 * are done. */
static gboolean
detach_disk(const Run *self, guint number, gboolean *known, GError **error)
{
    const DetachDisk *disk = g_ptr_array_index(self->plan->disks, number);
    CommitFollow follow = {.hypervisor = self->hypervisor,
                           .control = self->control,
                           .part = number + 1,
                           .bytes = disk->bytes};
    CommitProgress progress = {.state = COMMIT_COMPLETED};
    gboolean done = TRUE;

    if (!control_pass(self->control, 0, error))
        return FALSE;
    if (disk->method == DETACH_PULL)
        done = pull_disk(self, disk, &follow, &progress, error);
    else if (disk->method == DETACH_FLATTEN)
        done = drivers_get()->flatten_image(disk->top, self->control, commit_follow_count, &follow,
                                            error);
    if (!done || (disk->method != DETACH_MEND && !sync_image(disk->path, error)))
        return FALSE;
    commit_follow_count(1, &follow);
    *known = disk->method != DETACH_MEND && progress.state == COMMIT_COMPLETED;

    return TRUE;
}

/* Each disk is told of by itself: what is copied stays so when another one fails. */
static gboolean
detach_all(const Run *self, GError **error)
{
    for (guint i = 0; i < self->plan->disks->len; i++) {
        gboolean known = FALSE;
        gboolean done = detach_disk(self, i, &known, error);

        if (known)
            job_run_tell_disk(self->run, i, JOB_DISK_COMPLETED);
        else if (!done && !control_is_cancelled(self->control))
            job_run_tell_disk(self->run, i, JOB_DISK_FAILED);
        if (!done)
            return FALSE;
    }

    return TRUE;
}

static gboolean
mend_definition(const Run *self, GError **error)
{
    g_autoptr(DetachPlan) now =
        detach_plan_make(self->hypervisor, self->plan->domain->uuid, error);
    g_autoptr(GError) why = NULL;
    g_autofree char *xml = now ? detach_plan_mend(now, &why) : NULL;

    if (why)
        g_propagate_error(error, g_steal_pointer(&why));
    else if (now)
        return !xml || self->hypervisor->ops->layers->redefine(self->hypervisor, xml, error);

    return FALSE;
}

/* The domain may have been started meanwhile, or the disk may have another image. */
static gboolean
check_detached(const Run *self, GError **error)
{
    g_autoptr(DetachPlan) now =
        detach_plan_make(self->hypervisor, self->plan->domain->uuid, error);

    if (!now || now->disks->len == 0)
        return now != NULL;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' was changed meanwhile and still needs the export for its disk "
                  "'%s'; it has all its data, and the same command resumes it"),
                now->domain->name,
                ((const DetachDisk *)g_ptr_array_index(now->disks, 0))->target);

    return FALSE;
}

gboolean
detach_run(Hypervisor *hypervisor, const DetachPlan *plan, JobRun *run, GError **error)
{
    const Run self = {hypervisor, plan, job_run_control(run), run};

    control_set_end(self.control, plan->bytes + 1);
    if (!detach_all(&self, error))
        return FALSE;

    return plan->disks->len == 0 || (mend_definition(&self, error) && check_detached(&self, error));
}
