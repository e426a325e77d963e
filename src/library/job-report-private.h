/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"
#include "library/job-report.h"

G_BEGIN_DECLS

/** library_job_report_new: Returns: a copy of @report for programs, owned by the caller. */
VirtSnapJobReport *library_job_report_new(const JobReport *report);

G_END_DECLS
