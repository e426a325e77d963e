/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/detach-plan.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/* The work of a job that makes a domain independent of the export on whose images it stands. */

extern const JobWorkType detach_work_type;

typedef struct {
    JobWork parent;

    /* What it is to do: */
    char *domain;      /* name, UUID or id */
    guint64 bandwidth; /* bytes a second; 0: no limit */

    /* Its results: */
    DetachPlan *plan; /* plan of the last run; NULL: none was made */
} DetachWork;

/** detach_work_new: Returns: owned by the caller, to be freed with job_work_unref(). */
DetachWork *detach_work_new(const char *domain);

G_END_DECLS
