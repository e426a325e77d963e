/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-work.h"
#include "library/job.h"

G_BEGIN_DECLS

/** library_job_start: Starts a job. @work: a reference is taken. @uri: (nullable): URI of the
 * hypervisor. Returns: the job, owned by the caller. */
VirtSnapJob *library_job_start(JobWork *work, const char *uri);

/** library_job_resume: The same of a job that goes on with what an earlier one has left. */
VirtSnapJob *library_job_resume(JobWork *work, const char *uri);

G_END_DECLS
