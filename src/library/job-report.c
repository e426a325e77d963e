/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/job-report-private.h"
#include "util/strings.h"

struct VirtSnapJobReport {
    JobReport *report;
};

G_DEFINE_BOXED_TYPE(VirtSnapJobReport, virt_snap_job_report, virt_snap_job_report_ref,
                    virt_snap_job_report_unref)

VirtSnapJobReport *
library_job_report_new(const JobReport *report)
{
    VirtSnapJobReport *self = g_atomic_rc_box_new0(VirtSnapJobReport);

    self->report = job_report_copy(report);

    return self;
}

static void
report_clear(gpointer data)
{
    job_report_free(((VirtSnapJobReport *)data)->report);
}

VirtSnapJobReport *
virt_snap_job_report_ref(VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return g_atomic_rc_box_acquire(self);
}

void
virt_snap_job_report_unref(VirtSnapJobReport *self)
{
    if (self)
        g_atomic_rc_box_release_full(self, report_clear);
}

const char *
virt_snap_job_report_get_directory(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->report->directory;
}

const char *
virt_snap_job_report_get_base(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return self->report->base;
}

char **
virt_snap_job_report_dup_domains(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return strings_to_strv(self->report->domains);
}

char **
virt_snap_job_report_dup_disks(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return strings_to_strv(self->report->disks);
}

char **
virt_snap_job_report_dup_config(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return strings_to_strv(self->report->config);
}

char **
virt_snap_job_report_dup_memory(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return strings_to_strv(self->report->memory);
}

char **
virt_snap_job_report_dup_guest_state(const VirtSnapJobReport *self)
{
    g_return_val_if_fail(self != NULL, NULL);

    return strings_to_strv(self->report->guest_state);
}
