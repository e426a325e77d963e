/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-work.h"

G_BEGIN_DECLS

/**
 * job_plan:
 * @work: that only plans
 * @uri: (nullable): URI of the hypervisor
 *
 * Runs @work to its end, as a job that nobody sees and that has no record. Returns: FALSE with the
 * error of the run.
 */
gboolean job_plan(JobWork *work, const char *uri, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
