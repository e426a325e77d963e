/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "snapshot/apply-plan.h"

G_BEGIN_DECLS

/** apply_show: Prints the plan as a table. */
void apply_show(const ApplyPlan *plan);

/** apply_show_json: @warnings: (element-type utf8): beside the plan. Returns: owned by the
 * caller. */
JsonObject *apply_show_json(const ApplyPlan *plan, GPtrArray *warnings);

G_END_DECLS
