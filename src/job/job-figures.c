/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-figures.h"

/* Sets cur, which reaches end only when the job has succeeded and never decreases. */
static void
set_figures_cur(JobFigures *figures, guint64 cur, gboolean success)
{
    figures->cur = success ? figures->end : CLAMP(cur, figures->cur, figures->end - 1);
}

static guint64
sum_progress_parts(GArray *numbers, GArray *done)
{
    guint64 sum = 0;

    for (guint i = 0; i < numbers->len; i++) {
        guint part = g_array_index(numbers, guint, i);

        sum += part < done->len ? g_array_index(done, guint64, part) : 0;
    }

    return sum;
}

static void
set_figures_bandwidth(JobInfo *info, guint64 rate)
{
    info->figures.bandwidth = rate;
    for (guint i = 0; i < info->disks->len; i++)
        ((JobDisk *)g_ptr_array_index(info->disks, i))->figures.bandwidth = rate;
}

void
job_figures_update(JobInfo *info, GPtrArray *parts, Control *control)
{
    gboolean success = job_state_is_success(info->state);
    g_autoptr(GArray) done = g_array_new(FALSE, FALSE, sizeof(guint64));
    guint64 cur = control_progress_parts(control, done);

    set_figures_bandwidth(info, control_get_bandwidth(control));
    if (!parts)
        return;
    set_figures_cur(&info->figures, cur, success);
    for (guint i = 0; i < info->disks->len; i++) {
        JobDisk *disk = g_ptr_array_index(info->disks, i);

        set_figures_cur(&disk->figures, sum_progress_parts(g_ptr_array_index(parts, i), done),
                        success || disk->status == JOB_DISK_COMPLETED);
    }
    info->percent = job_figures_percent(&info->figures);
}

/* Starts at the progress of an earlier run. If the amount of work differs, the same share of it
 * (rounded up) counts as done. */
static void
keep_floor(JobFigures *figures, const JobFigures *old)
{
    long double part = (long double)old->cur / (long double)MAX(old->end, 1);
    guint64 cur = (guint64)(part * (long double)figures->end);

    if (old->cur == 0)
        return;
    figures->cur = MIN(old->end == figures->end ? old->cur : cur + 1, figures->end - 1);
}

static void
keep_disk_floors(GPtrArray *disks, GPtrArray *old)
{
    for (guint i = 0; i < disks->len && i < old->len; i++) {
        JobDisk *disk = g_ptr_array_index(disks, i);
        const JobDisk *before = g_ptr_array_index(old, i);

        if (g_str_equal(disk->domain, before->domain) && g_str_equal(disk->target, before->target))
            keep_floor(&disk->figures, &before->figures);
    }
}

GPtrArray *
job_figures_plan(JobInfo *info, const JobPlanned *planned)
{
    JobFigures figures = {.type = info->figures.type, .end = planned->end};
    GPtrArray *disks = job_disks_copy(planned->disks);

    for (guint i = 0; i < disks->len; i++)
        ((JobDisk *)g_ptr_array_index(disks, i))->figures.type = figures.type;
    keep_floor(&figures, &info->figures);
    keep_disk_floors(disks, info->disks);
    info->figures = figures;
    g_ptr_array_unref(info->disks);
    info->disks = disks;

    return g_ptr_array_ref(planned->parts);
}
