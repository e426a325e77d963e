/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "job/job-report.h"

G_BEGIN_DECLS

/* What a plan is to its job. */

/** export_report_new: Returns: what the export of @plan into @directory makes, owned by the
 * caller. */
JobReport *export_report_new(const Plan *plan, const char *directory);

/** export_report_disks: Returns: (element-type JobDisk): the disks of @plan, with @end set; owned
 * by the caller. @parts: (out) (element-type GArray): for each, the parts of the progress that are
 * its layers (guint), as export_execute() counts them. */
GPtrArray *export_report_disks(const Plan *plan, GPtrArray **parts);

G_END_DECLS
