/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "import/import-plan.h"

G_BEGIN_DECLS

/** import_show: Prints what @plan is going to do. */
void import_show(const ImportPlan *plan);

/**
 * import_show_json:
 * @planned: also what is copied and made
 *
 * Returns: what the import comes to, caller's.
 */
JsonObject *import_show_json(const ImportPlan *plan, GPtrArray *warnings, gboolean planned);

G_END_DECLS
