/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "import/host-finding.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/** import_show: Prints what @plan is going to do, and what of it does not fit, which are
 * @findings (HostFinding). */
void import_show(const ImportPlan *plan, GPtrArray *findings);

/**
 * import_show_json:
 * @findings: (nullable): (element-type HostFinding): it is only planned: also what is copied and
 * made, and what does not fit the host
 *
 * Returns: what the import comes to, caller's.
 */
JsonObject *import_show_json(const ImportPlan *plan, GPtrArray *warnings, GPtrArray *findings);

G_END_DECLS
