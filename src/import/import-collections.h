/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"

G_BEGIN_DECLS

/** import_collections_has: Returns: whether the export's collection, or one in it, is @name. */
gboolean import_collections_has(const ImportSource *source, const char *name);

/**
 * import_collections_write:
 *
 * Puts the export's collection and those that are its members into @plan, under their new names
 * and with those of their members. If not all domains are imported, none: the collection that they
 * were part of is something else.
 */
gboolean import_collections_write(ImportPlan *plan, const ImportSource *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
