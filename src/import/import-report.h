/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/host-finding.h"
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

/**
 * import_report_plan:
 * @plan: of an import that has not begun
 * @findings: (element-type HostFinding): what does not fit the host
 *
 * Returns: (transfer floating): a{sv}: what import_report_findings() will have, and "bytes" (t):
 * what will be copied, "files" (aa{sv}: "path", "backing" (s), "bytes" (t), "shared" (b)),
 * "overlays" (aa{sv}: "path", "backing" (s)): new images, "in-place" (b): these are above those of
 * the export, "pool-path" (s): where the pool is, "host" (aa{sv}: "member", "kind", "what", "have",
 * "would_do", "option" (s), "blocks" (b)): @findings, and "warnings" (as).
 */
GVariant *import_report_plan(const ImportPlan *plan, GPtrArray *findings);

G_END_DECLS
