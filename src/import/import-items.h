/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-journal.h"
#include "import/import-plan.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/**
 * import_items_move:
 * @dirfd: the partial directory, in which all directories exist
 * @journal: has what is done already, and records what is done
 * @stats: (out) (optional)
 *
 * Copies every file of @plan and compares its digest with that of the manifest before anything of
 * it is used; then writes its new header. Returns: FALSE with CORRUPT naming a file that differs
 * from what was exported.
 */
gboolean import_items_move(const ImportPlan *plan, const ImportSource *source, int dirfd,
                           ImportJournal *journal, Control *control, EngineStats *stats,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
