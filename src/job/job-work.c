/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "job/job-work.h"
#include "util/error.h"

static const JobWorkType *const none[] = {NULL};
static const JobWorkType *const *registered = none;

void
job_work_init(JobWork *self, const JobWorkType *type)
{
    self->type = type;
    g_atomic_ref_count_init(&self->refs);
}

JobWork *
job_work_ref(JobWork *self)
{
    g_atomic_ref_count_inc(&self->refs);

    return self;
}

void
job_work_unref(JobWork *self)
{
    if (self && g_atomic_ref_count_dec(&self->refs))
        self->type->free(self);
}

char *
job_work_finished(JobWork *self)
{
    return self->type->finished ? self->type->finished(self) : NULL;
}

gboolean
job_work_discard(JobWork *self, gboolean finished, GError **error)
{
    g_autofree char *path = NULL;

    if (!self->type->discard(self, error))
        return FALSE;
    if (self->type->has_left(self)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("not all files that it has copied could be removed"));
        return FALSE;
    }
    path = finished ? job_work_finished(self) : NULL;
    if (!path)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("'%s' is complete, and stays; remove it if it is not wanted"), path);

    return FALSE;
}

GVariant *
job_work_plan(const JobWork *self)
{
    return g_variant_ref_sink(self->type->plan(self));
}

const char *
job_work_killed_text(const JobWork *self)
{
    return _(self->type->killed ? self->type->killed : self->type->cancelled);
}

void
job_work_types_register(const JobWorkType *const *types)
{
    registered = types;
}

const JobWorkType *
job_work_type_find(const char *name)
{
    for (const JobWorkType *const *type = registered; *type; type++) {
        if (g_str_equal((*type)->name, name))
            return *type;
    }

    return NULL;
}

const char *
job_work_type_name(guint job_type)
{
    for (const JobWorkType *const *type = registered; *type; type++) {
        if ((*type)->job_type == job_type)
            return (*type)->name;
    }

    return NULL;
}
