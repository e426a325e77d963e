/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-report.h"
#include "util/strings.h"

JobReport *
job_report_new(void)
{
    JobReport *self = g_new0(JobReport, 1);

    self->domains = g_ptr_array_new_with_free_func(g_free);
    self->disks = g_ptr_array_new_with_free_func(g_free);
    self->config = g_ptr_array_new_with_free_func(g_free);
    self->memory = g_ptr_array_new_with_free_func(g_free);
    self->guest_state = g_ptr_array_new_with_free_func(g_free);

    return self;
}

JobReport *
job_report_copy(const JobReport *self)
{
    JobReport *copy = g_new0(JobReport, 1);

    copy->domains = strings_copy(self->domains);
    copy->directory = g_strdup(self->directory);
    copy->disks = strings_copy(self->disks);
    copy->config = strings_copy(self->config);
    copy->memory = strings_copy(self->memory);
    copy->guest_state = strings_copy(self->guest_state);
    copy->base = g_strdup(self->base);
    copy->findings = self->findings ? g_variant_ref(self->findings) : NULL;

    return copy;
}

void
job_report_free(JobReport *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->domains);
    g_free(self->directory);
    g_ptr_array_unref(self->disks);
    g_ptr_array_unref(self->config);
    g_ptr_array_unref(self->memory);
    g_ptr_array_unref(self->guest_state);
    g_free(self->base);
    g_clear_pointer(&self->findings, g_variant_unref);
    g_free(self);
}
