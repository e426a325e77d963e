/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/commit-follow.h"

/* How often the control is asked whether to suspend, to cancel or to change the bandwidth. The
 * end of the block job comes as an event of libvirt. */
#define LOOK_US (G_USEC_PER_SEC / 5)

/* The bandwidth, in bytes a second, of a block job that is suspended. */
#define CRAWL 1

void
commit_follow_count(double done, gpointer data)
{
    CommitFollow *self = data;
    guint64 bytes = (guint64)(done * (double)self->bytes);

    if (bytes <= self->counted || bytes > self->bytes)
        return;
    control_advance_part(self->control, self->part, bytes - self->counted);
    self->counted = bytes;
}

static gboolean
set_commit_speed(CommitFollow *self, HypervisorCommit *commit, gboolean suspended, GError **error)
{
    guint64 speed = suspended ? CRAWL : control_get_bandwidth(self->control);

    if (speed == self->speed)
        return TRUE;
    self->speed = speed;

    return self->hypervisor->ops->layers->commit_set_speed(commit, speed, error);
}

/* Limits @commit as the job is limited, and queries it. One that has just ended cannot be limited,
 * which is no error. */
static gboolean
look_at_commit(CommitFollow *self, HypervisorCommit *commit, gboolean suspended,
               CommitProgress *progress, GError **error)
{
    g_autoptr(GError) unlimited = NULL;
    gboolean limited = set_commit_speed(self, commit, suspended, &unlimited);

    if (!self->hypervisor->ops->layers->commit_wait(commit, LOOK_US, progress, error))
        return FALSE;
    if (limited || progress->state > COMMIT_READY)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&unlimited));

    return FALSE;
}

static void
tell_ready(CommitFollow *self)
{
    if (self->ready)
        return;
    self->ready = TRUE;
    job_run_tell_disk(self->run, self->part - 1, JOB_DISK_READY);
}

/* The next event of a job that is ready comes when it is pivoted, so commit_wait() does not wait
 * for any: while it is suspended the control is waited for instead. */
gboolean
commit_follow(CommitFollow *self, HypervisorCommit *commit, CommitProgress *progress,
              GError **error)
{
    gint64 us = 0;
    gboolean passed = TRUE;

    do {
        if (!control_pass_for(self->control, 0, us, &passed, error) ||
            !look_at_commit(self, commit, !passed, progress, error))
            return FALSE;
        if (progress->end > 0)
            commit_follow_count((double)progress->cur / (double)progress->end, self);
        us = progress->state == COMMIT_READY ? LOOK_US : 0;
        if (progress->state == COMMIT_READY)
            tell_ready(self);
    } while (progress->state == COMMIT_RUNNING || (progress->state == COMMIT_READY && !passed));

    return TRUE;
}

gboolean
commit_follow_abort(const CommitFollow *self, HypervisorCommit *commit, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!control_is_cancelled(self->control) ||
        self->hypervisor->ops->layers->commit_abort(commit, &why))
        return FALSE;
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}
