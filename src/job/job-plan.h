/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-work.h"

G_BEGIN_DECLS

/**
 * job_plan:
 * @work: of a type that has plans; it has not run yet
 * @uri: (nullable): URI of the hypervisor
 *
 * Has @work plan, as a job that nobody sees and that has no record. Returns: job_work_plan(); NULL
 * with the error of the run.
 */
GVariant *job_plan(JobWork *work, const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
