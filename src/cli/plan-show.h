/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "cli/context.h"
#include "export/plan.h"

G_BEGIN_DECLS

/** plan_tell: Tells what an export would do, as text or JSON. @plan: from plan_format(). Returns:
 * the exit status. */
int plan_tell(CliContext *cli, GVariant *plan);

/** plan_show_chains: Draws the backing chain of each disk, from the image of the snapshot down to
 * the base. */
void plan_show_chains(const Plan *plan);

/** plan_show_chains_json: Returns: the same as an object, owned by the caller. */
JsonObject *plan_show_chains_json(const Plan *plan);

/** plan_show_dot: Prints the images as a graph in Graphviz's language. */
void plan_show_dot(const Plan *plan);

G_END_DECLS
