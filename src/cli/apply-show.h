/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "cli/context.h"

G_BEGIN_DECLS

/** apply_tell_plan: Tells how domains would go back, as text or JSON. @plan: from
 * apply_plan_format(). Returns: the exit status. */
int apply_tell_plan(CliContext *cli, GVariant *plan);

/** apply_show_json: Returns: the same as JSON, owned by the caller. */
JsonObject *apply_show_json(GVariant *plan);

G_END_DECLS
