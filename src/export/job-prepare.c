/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "collection/members.h"
#include "hypervisor/drivers.h"
#include "job/job.h"

static Members *
members_of(const JobSubject *subject, GError **error)
{
    g_autofree char **domains = g_new0(char *, subject->domains->len + 1);

    for (guint i = 0; i < subject->domains->len; i++)
        domains[i] = g_ptr_array_index(subject->domains, i);

    return members_new(subject->collection, domains, error);
}

gboolean
job_prepare_export(gpointer data, Control *control, Hypervisor **hypervisor, Plan **plan,
                   Target **target, GError **error)
{
    const JobSubject *subject = data;
    g_autoptr(Members) members = members_of(subject, error);
    g_autofree char *name = NULL;
    ExportSubject what = {
        .collection = subject->collection,
        .snapshot = subject->snapshot,
        .settings = subject->settings,
    };

    if (!members)
        return FALSE;
    *hypervisor = drivers_get()->open_hypervisor(subject->uri, error);
    if (!*hypervisor || !members_find(members, *hypervisor, error))
        return FALSE;
    what.collections = members->collections;
    what.domains = members->domains;
    name = export_name(&what);
    *target = target_new(subject->directory, name, subject->snapshot,
                         subject->settings->subdirectory, error);
    if (!*target)
        return FALSE;
    *plan = export_plan(*hypervisor, &what, control, error);

    return *plan && export_check_space(*plan, *target, error);
}
