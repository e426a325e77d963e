/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"

G_BEGIN_DECLS

/** import_collections_has: Returns: TRUE if the exported collection or one of its member
 * collections has the name @name. */
gboolean import_collections_has(const ImportSource *source, const char *name);

/**
 * import_collections_write:
 *
 * Adds the exported collection and its member collections to @plan, with the new names of the
 * collections and their members. If not all domains are imported, no collection is added, because
 * it would not be the same collection.
 */
gboolean import_collections_write(ImportPlan *plan, const ImportSource *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
