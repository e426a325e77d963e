/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/job-prepare.h"
#include "virtsnap/drivers.h"
#include "virtsnap/members.h"

/* Workers of a job that does not say how many it wants, as the engine has it. */
#define WORKERS_DEFAULT 4

struct JobPreparation {
    JobSubject *subject;
    char *uri;
    guint workers;
};

static guint
workers_for(const ServiceConfig *config, const VirtSnapExportSettings *settings)
{
    guint wanted = settings->parallel > 0 ? settings->parallel : WORKERS_DEFAULT;
    guint share = MAX(config->transfers / config->jobs, 1);

    return MIN(wanted, share);
}

JobPreparation *
job_preparation_new(const ServiceConfig *config, const char *uri, const JobSubject *subject)
{
    JobPreparation *self = g_new0(JobPreparation, 1);

    self->subject = job_subject_copy(subject);
    self->uri = g_strdup(uri);
    self->workers = workers_for(config, subject->settings);

    return self;
}

void
job_preparation_free(gpointer data)
{
    JobPreparation *preparation = data;

    job_subject_free(preparation->subject);
    g_free(preparation->uri);
    g_free(preparation);
}

gboolean
job_prepare(gpointer data, Control *control, Hypervisor **hypervisor, Plan **plan,
            Target **target, GError **error)
{
    const JobPreparation *preparation = data;
    const JobSubject *subject = preparation->subject;
    g_autoptr(Members) members = members_new(subject->collection, NULL, error);
    g_autoptr(VirtSnapExportSettings) settings = virt_snap_export_settings_copy(subject->settings);
    ExportSubject what = {.snapshot = subject->snapshot, .settings = settings};

    if (!members)
        return FALSE;
    settings->parallel = preparation->workers;
    what.collection = subject->collection;
    what.collections = members->collections;
    what.domains = members->domains;
    *target = target_new(subject->directory, subject->collection, subject->snapshot,
                         settings->subdirectory, error);
    if (!*target)
        return FALSE;
    *hypervisor = drivers_get()->open_hypervisor(preparation->uri, error);
    if (*hypervisor)
        *plan = export_plan(*hypervisor, &what, control, error);

    return *plan && export_check_space(*plan, *target, error);
}
