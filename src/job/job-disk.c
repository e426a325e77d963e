/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-disk.h"

guint
job_figures_percent(const JobFigures *figures)
{
    if (figures->cur >= figures->end)
        return 100;
    /* The product can exceed 64 bits, hence long double. */
    return MIN(99, (guint)((long double)figures->cur * 100 / (long double)figures->end));
}

JobDisk *
job_disk_new(const char *domain, const char *target, const char *path)
{
    JobDisk *self = g_new0(JobDisk, 1);

    self->domain = g_strdup(domain);
    self->target = g_strdup(target);
    self->path = g_strdup(path);
    self->figures = (JobFigures){.type = JOB_BLOCK_TYPE_BACKUP, .end = 1};
    self->status = JOB_DISK_UNDER_WAY;

    return self;
}

JobDisk *
job_disk_copy(const JobDisk *self)
{
    JobDisk *copy = job_disk_new(self->domain, self->target, self->path);

    copy->figures = self->figures;
    copy->status = self->status;

    return copy;
}

void
job_disk_free(JobDisk *self)
{
    if (!self)
        return;
    g_free(self->domain);
    g_free(self->target);
    g_free(self->path);
    g_free(self);
}

GPtrArray *
job_disks_new(void)
{
    return g_ptr_array_new_with_free_func((GDestroyNotify)job_disk_free);
}

GPtrArray *
job_disks_copy(GPtrArray *disks)
{
    GPtrArray *copy = job_disks_new();

    for (guint i = 0; i < disks->len; i++)
        g_ptr_array_add(copy, job_disk_copy(g_ptr_array_index(disks, i)));

    return copy;
}
