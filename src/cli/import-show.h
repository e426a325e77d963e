/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "import/host-finding.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/** import_show: Prints what @plan will do, and @findings (HostFinding), which do not fit the
 * host. */
void import_show(const ImportPlan *plan, GPtrArray *findings);

/**
 * import_show_json:
 * @findings: (nullable): (element-type HostFinding): given for a dry run: then the result also has
 * what will be copied and created, and the findings
 *
 * Returns: the result of the import as JSON, owned by the caller.
 */
JsonObject *import_show_json(const ImportPlan *plan, GPtrArray *warnings, GPtrArray *findings);

G_END_DECLS
