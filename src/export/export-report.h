/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/export.h"
#include "job/job-report.h"

G_BEGIN_DECLS

/* The disks and the report of a job that carries out a plan. */

/** export_report_new: Returns: the paths that an export of @plan into @directory creates, owned by
 * the caller. */
JobReport *export_report_new(const Plan *plan, const char *directory);

/**
 * export_report_findings:
 * @result: of an export that is complete
 *
 * Returns: (transfer floating): a{sv}: "bytes", "copied", "linked" (t) and "layers" (u), as in
 * ExportResult: what the report of its job has beside the paths.
 */
GVariant *export_report_findings(const ExportResult *result);

/** export_report_disks: Returns: (element-type JobDisk): the disks of @plan with their amount of
 * work, owned by the caller. @parts: (out) (element-type GArray): for each disk the parts of the
 * progress (guint) that are its layers, as export_execute() counts them. */
GPtrArray *export_report_disks(const Plan *plan, GPtrArray **parts);

G_END_DECLS
