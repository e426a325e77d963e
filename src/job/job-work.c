/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-work.h"

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
