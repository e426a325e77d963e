/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-host.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/**
 * import_plan_make:
 * @directory: absolute path of the final directory
 * @settings: copied
 * @host: the host, to which findings are added
 *
 * Returns: the plan, owned by the caller, which refers to @source; NULL with NOT_FOUND for a name
 * that the export does not have, NOT_SUPPORTED for something that cannot be imported, or
 * ACCESS_DENIED listing each element that the gate refuses.
 */
ImportPlan *import_plan_make(const ImportSource *source, const ImportSettings *settings,
                             const char *directory, ImportHost *host, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_plan_check: Returns: FALSE with NOT_FOUND for a name in @settings that @source does not
 * have. */
gboolean import_plan_check(const ImportSource *source, const ImportSettings *settings,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
