/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "snapshot/delete-plan.h"

G_BEGIN_DECLS

/** delete_show: Prints the plan as a table. */
void delete_show(const DeletePlan *plan);

/** delete_show_json: @warnings: (element-type utf8): beside the plan. Returns: owned by the
 * caller. */
JsonObject *delete_show_json(const DeletePlan *plan, GPtrArray *warnings);

G_END_DECLS
