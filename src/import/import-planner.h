/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-host.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/**
 * import_plan_make:
 * @directory: absolute path that the import will have
 * @settings: copied
 * @host: where it comes to; gets what does not fit it
 *
 * Returns: owned by the caller, refers to @source; NOT_FOUND for a name that the export does not
 * have, NOT_SUPPORTED naming each element of a domain that is not let pass.
 */
ImportPlan *import_plan_make(const ImportSource *source, const ImportSettings *settings,
                             const char *directory, ImportHost *host, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_plan_check: Returns: FALSE with NOT_FOUND for a name in @settings that @source does not
 * have. */
gboolean import_plan_check(const ImportSource *source, const ImportSettings *settings,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
