/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/* What of an import is copied and durable, kept in its directory until that gets its name, so that
 * a later run copies only what is missing. Functions that take a file's number, from 0 as in the
 * plan, may be called from any thread. */

typedef struct ImportJournal ImportJournal;

/**
 * import_journal_open:
 * @fd: the journal's file; must stay open
 * @resume: goes on with what an earlier run of the same plan wrote; else, and if it was another
 * plan, that is forgotten
 *
 * Returns: owned by the caller.
 */
ImportJournal *import_journal_open(int fd, const ImportPlan *plan, gboolean resume,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void import_journal_free(ImportJournal *self);

/** import_journal_continues: Returns: whether an earlier run of the same got something done. */
gboolean import_journal_continues(const ImportJournal *self);

/** import_journal_has: Returns: whether there is anything a later run could go on with. */
gboolean import_journal_has(ImportJournal *self);

/** import_journal_is_finished: Returns: whether file @number is complete, header and all. */
gboolean import_journal_is_finished(const ImportJournal *self, guint number);

/** import_journal_segments: Returns: (transfer none) (element-type EngineSegment): what an earlier
 * run did of file @number. */
GArray *import_journal_segments(const ImportJournal *self, guint number);

/** import_journal_restart: File @number begins anew; what was done is forgotten, durably. */
gboolean import_journal_restart(ImportJournal *self, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_add: Segment @index of file @number was written to @sink; it is recorded with
 * others, after they were made durable. */
gboolean import_journal_add(ImportJournal *self, guint number, gsize index, const guint8 *node,
                            Sink *sink, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_stop: Makes @sink durable and records what was added of file @number. */
gboolean import_journal_stop(ImportJournal *self, guint number, Sink *sink, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_patching: The beginning of file @number, which is copied and durable, is about to
 * be changed: a run that comes after this one copies its first segment again. */
gboolean import_journal_patching(ImportJournal *self, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_finish: File @number is complete and durable. */
gboolean import_journal_finish(ImportJournal *self, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportJournal, import_journal_free)

G_END_DECLS
