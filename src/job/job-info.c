/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-info.h"
#include "util/strings.h"

JobInfo *
job_info_new(void)
{
    JobInfo *self = g_new0(JobInfo, 1);

    self->disks = job_disks_new();
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}

JobInfo *
job_info_begin(const char *owner, JobWork *work)
{
    JobInfo *info = job_info_new();
    g_autofree char *uuid = g_uuid_string_random();

    info->id = g_strdup_printf("virtsnap:%s", uuid);
    info->name = work->type->describe(work);
    info->owner = g_strdup(owner);
    info->type = work->type->job_type;
    info->state = JOB_STATE_NEW;
    info->submitted = info->changed = g_get_real_time();
    info->cancellable = TRUE;
    info->time_before_removal = JOB_REMOVAL_SECONDS;
    info->figures = (JobFigures){.type = work->type->block_type, .end = 1};
    info->work = job_work_ref(work);

    return info;
}

JobInfo *
job_info_copy(const JobInfo *self)
{
    JobInfo *copy = g_memdup2(self, sizeof *self);

    copy->id = g_strdup(self->id);
    copy->name = g_strdup(self->name);
    copy->owner = g_strdup(self->owner);
    copy->error = g_strdup(self->error);
    copy->disks = job_disks_copy(self->disks);
    copy->work = self->work ? job_work_ref(self->work) : NULL;
    copy->report = self->report ? job_report_copy(self->report) : NULL;
    copy->warnings = strings_copy(self->warnings);

    return copy;
}

void
job_info_free(JobInfo *self)
{
    if (!self)
        return;
    g_free(self->id);
    g_free(self->name);
    g_free(self->owner);
    g_free(self->error);
    g_ptr_array_unref(self->disks);
    job_work_unref(self->work);
    job_report_free(self->report);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}
