/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"

G_BEGIN_DECLS

/* What is in the storage pool before an import begins. */

/**
 * import_volumes_check_free:
 * Returns: FALSE with ALREADY_EXISTS naming all volumes of @plan whose names are taken, except
 * those that an import into the same directory has left, and whose they are, where that is known.
 */
gboolean import_volumes_check_free(const ImportPlan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_volumes_warn_left: Adds a warning to @plan, which has a pool, for each import that has
 * left volumes in it, and whose directory, by which they would be removed, is not there any
 * more. */
void import_volumes_warn_left(ImportPlan *plan);

G_END_DECLS
