/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"
#include "library/job.h"

G_BEGIN_DECLS

/** library_job_start: Returns: the export of @subject, which has begun; owned by the caller. */
VirtSnapJob *library_job_start(const JobSubject *subject);

G_END_DECLS
