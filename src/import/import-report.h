/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"
#include "job/job-report.h"

G_BEGIN_DECLS

/** import_report_new: Returns: the UUIDs of the domains and the paths of the files that an import
 * by @plan makes, owned by the caller. */
JobReport *import_report_new(const ImportPlan *plan);

/**
 * import_report_findings:
 * @plan: of an import that is complete
 *
 * Returns: (transfer floating): a{sv}: "directory", where there are such "collection" and "pool"
 * (s), and "domains" (aa{sv}: "name", "uuid", "from" (s), "disks" (aa{sv}: "target", "path",
 * "format" (s)), "snapshots" (as), "memory" (b)): what the report of its job has beside the paths.
 */
GVariant *import_report_findings(const ImportPlan *plan);

G_END_DECLS
