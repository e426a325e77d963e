/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "cli/context.h"

G_BEGIN_DECLS

/** import_show_json: @result: from import_report_findings(). Returns: the result of the import as
 * JSON, owned by the caller. */
JsonObject *import_show_json(GVariant *result, GPtrArray *warnings);

/** import_tell_plan: Tells what an import would do, as text or JSON. @plan: from
 * import_report_plan(). Returns: the exit status. */
int import_tell_plan(CliContext *cli, GVariant *plan);

G_END_DECLS
