/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-verify.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/* The work of a job that verifies an export with a boot test. */

/** JobType of Msvm_ConcreteJob: a vendor-specific value. */
#define JOB_TYPE_VERIFY 32772

extern const JobWorkType boot_work_type;

typedef struct {
    JobWork parent;

    /* The parameters: */
    char *path; /* absolute path of the export */
    BootSettings *settings;

    BootVerify verify; /* The results: */
} BootWork;

/**
 * boot_work_new:
 * @path: absolute path of the export
 * @deep: also check every image with qemu-img check
 * @settings: (transfer full): settings, already checked
 *
 * Returns: owned by the caller, to be freed with job_work_unref().
 */
BootWork *boot_work_new(const char *path, gboolean deep, BootSettings *settings);

G_END_DECLS
