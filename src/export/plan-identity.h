/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/** plan_identity: Returns: what the export of @plan is of, as a journal has it above "begin": what
 * is the same has the same; owned by the caller. */
char *plan_identity(const Plan *plan);

/** plan_identity_changes: Returns: (element-type utf8): of each layer the ctimes of the images that
 * it is read from, as a journal has them (CHANGED); owned by the caller. */
GPtrArray *plan_identity_changes(const Plan *plan);

G_END_DECLS
