/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/verification.h"
#include "import/verify-settings.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/* The work of a job that verifies an export. */

/** JobType of Msvm_ConcreteJob: a vendor-specific value. */
#define JOB_TYPE_VERIFY 32772

extern const JobWorkType verify_work_type;

typedef struct {
    JobWork parent;

    /* The parameters: */
    char *path; /* absolute path of the export */
    VerifySettings *settings;

    /* The results. A job whose verification has found something wrong fails, but has them. */
    Verification verification;
    gboolean finished; /* there are results */
} VerifyWork;

/**
 * verify_work_new:
 * @path: absolute path of the export
 * @settings: (transfer full): settings, already checked
 *
 * Returns: owned by the caller, to be freed with job_work_unref().
 */
VerifyWork *verify_work_new(const char *path, VerifySettings *settings);

G_END_DECLS
