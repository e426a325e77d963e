/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-plan.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/* The journal in the partial directory of an import records what is copied and durable, so that a
 * later run copies only what is missing. Functions that take the number of a file, its index in the
 * plan, may be called from any thread. */

typedef struct ImportJournal ImportJournal;

/**
 * import_journal_open:
 * @fd: the journal's file; must stay open
 * @resume: TRUE: resumes what an earlier run of the same plan wrote. If FALSE, or if the plan was
 * another one, the earlier content is discarded
 *
 * Returns: owned by the caller.
 */
ImportJournal *import_journal_open(int fd, const ImportPlan *plan, gboolean resume,
                                   GError **error) G_GNUC_WARN_UNUSED_RESULT;
void import_journal_free(ImportJournal *self);

/** import_journal_continues: Returns: TRUE if this run resumes an earlier one of the same plan. */
gboolean import_journal_continues(const ImportJournal *self);

/** import_journal_has: Returns: TRUE if there is anything that a later run could resume. */
gboolean import_journal_has(ImportJournal *self);

/** import_journal_is_finished: Returns: TRUE if file @number is complete, including its header. */
gboolean import_journal_is_finished(const ImportJournal *self, guint number);

/** import_journal_segments: Returns: (transfer none) (element-type EngineSegment): the segments of
 * file @number that an earlier run has copied. */
GArray *import_journal_segments(const ImportJournal *self, guint number);

/** import_journal_restart: Records that file @number is copied anew; its earlier records are
 * durably void. */
gboolean import_journal_restart(ImportJournal *self, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_add: Adds segment @index of file @number, which was written to @sink. Several
 * segments are recorded at once after @sink was made durable. */
gboolean import_journal_add(ImportJournal *self, guint number, gsize index, const guint8 *node,
                            Sink *sink, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_stop: Makes @sink durable and records the segments that were added for file
 * @number. */
gboolean import_journal_stop(ImportJournal *self, guint number, Sink *sink, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_patching: Records that the beginning of file @number, which is copied and
 * durable, is about to be changed. A later run will copy its first segment again. */
gboolean import_journal_patching(ImportJournal *self, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_journal_finish: Records that file @number is complete and durable. */
gboolean import_journal_finish(ImportJournal *self, guint number, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportJournal, import_journal_free)

G_END_DECLS
