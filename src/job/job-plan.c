/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-plan.h"
#include "job/job.h"

GVariant *
job_plan(JobWork *work, const char *uri, GError **error)
{
    const JobHost host = {.uri = uri};
    g_autoptr(Job) job = job_new(g_get_user_name(), work);
    GError *failure;

    work->dry_run = TRUE;
    job_start(job, &host);
    job_wait(job, 0);
    job_join(job);
    failure = job_get_failure(job);
    if (failure)
        g_propagate_error(error, failure);

    return failure ? NULL : job_work_plan(work);
}
