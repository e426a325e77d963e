/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-verify.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/* A check of an export, with its domains started, as the work of a job. */

/** JobType of Msvm_ConcreteJob: one of the vendor's own. */
#define JOB_TYPE_VERIFY 32772

extern const JobWorkType boot_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *path; /* of the export, absolute */
    BootSettings *settings;

    BootVerify verify; /* and what has come of it */
} BootWork;

/**
 * boot_work_new:
 * @path: absolute, of the export
 * @deep: also have QEMU check every image
 * @settings: (transfer full): checked
 *
 * Returns: owned by the caller, as job_work_unref() frees it.
 */
BootWork *boot_work_new(const char *path, gboolean deep, BootSettings *settings);

G_END_DECLS
