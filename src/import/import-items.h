/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-journal.h"
#include "import/import-plan.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/**
 * import_items_move:
 * @dirfd: the directory that the import is written into, with all directories in it
 * @journal: what is done already, and what gets done
 * @stats: (out) (optional)
 *
 * Copies every file of @plan, with its digest computed on the way and compared with the manifest's
 * before anything of it is used; then gives it its new header. Returns: FALSE with CORRUPT naming a
 * file that is not what was exported.
 */
gboolean import_items_move(const ImportPlan *plan, const ImportSource *source, int dirfd,
                           ImportJournal *journal, Control *control, EngineStats *stats,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
