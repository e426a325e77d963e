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

guint64
service_job_stay(const JobService *service, const JobInfo *info)
{
    const ServiceConfig *config = service->config;

    if (!info->resumable)
        return MAX(info->time_before_removal, config->keep_seconds);

    return config->keep_interrupted > 0 ? config->keep_interrupted : G_MAXUINT64;
}

void
service_job_show(ServiceJob *self, const JobInfo *info)
{
    job_object_update(self->bus, info, service_job_stay(self->service, info),
                      self->service->session);
}

void
service_job_update(ServiceJob *self)
{
    g_autoptr(JobInfo) info = job_get_info(self->job);

    service_job_show(self, info);
}

const char *
job_service_get_uri(const JobService *self)
{
    return self->uri;
}
