/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/job-object.h"
#include "service/service-job.h"

static void
on_saved(const GError *error, gpointer data)
{
    if (error)
        g_warning("%s", error->message);
}

void
service_job_save(ServiceJob *self)
{
    job_keeper_save(self->service->keeper, self->job, self->number, self->uid, on_saved, NULL);
}

void
service_job_update(ServiceJob *self)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);

    job_object_update(self->bus, info, self->service->session);
}
