/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "export/export.h"
#include "job/job-left.h"

static Target *
target_of(const JobSubject *subject, GError **error)
{
    ExportSubject what = {.collection = subject->collection, .domains = subject->domains};
    g_autofree char *name = export_name(&what);
    gboolean subdirectory = !subject->settings || subject->settings->subdirectory;

    return target_new(subject->directory, name, subject->snapshot, subdirectory, error);
}

/* Nothing is where nothing can be. */
static gboolean
says_nothing_is_there(const GError *error)
{
    return error->code == VIRT_SNAP_ERROR_NOT_FOUND ||
           error->code == VIRT_SNAP_ERROR_ALREADY_EXISTS;
}

gboolean
job_left_over(const JobSubject *subject)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_of(subject, &error);

    return target ? target_has_left(target) : !says_nothing_is_there(error);
}

gint64
job_left_changed(const JobSubject *subject)
{
    g_autoptr(Target) target = target_of(subject, NULL);

    return target ? target_left_changed(target) : 0;
}

gboolean
job_discard_left_over(const JobSubject *subject, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(Target) target = target_of(subject, &why);

    if (target)
        return !target_has_left(target) || export_discard(target, error);
    if (says_nothing_is_there(why))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}
