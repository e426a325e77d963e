/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/** plan_identity: Returns: the identity of an export of @plan, the lines of a journal above
 * "begin", owned by the caller. Exports of the same data have the same identity. */
char *plan_identity(const Plan *plan);

/** plan_identity_changes: Returns: (element-type utf8): for each layer the ctimes of the images
 * from which it is read, as in the field CHANGED of a journal; owned by the caller. */
GPtrArray *plan_identity_changes(const Plan *plan);

G_END_DECLS
