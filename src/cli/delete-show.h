/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "cli/context.h"

G_BEGIN_DECLS

/** delete_tell_plan: Tells how a set would be removed, as text or JSON. @plan: from
 * delete_plan_format(). Returns: the exit status. */
int delete_tell_plan(CliContext *cli, GVariant *plan);

/** delete_show_json: Returns: the same as JSON, owned by the caller. */
JsonObject *delete_show_json(GVariant *plan);

G_END_DECLS
