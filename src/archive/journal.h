/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/journal-content.h"

G_BEGIN_DECLS

/* The journal in a partial export records what is done and durable, so that a later run can resume
 * it. Functions that take the number of a layer may be called from any thread, also from several
 * threads for the same layer. */

typedef struct Journal Journal;

/**
 * journal_open:
 * @fd: the journal's file; must stay open
 * @identity: the identity of the export: the lines above "begin", from plan_identity()
 * @changed: (element-type utf8): for each layer the ctimes of its images, from
 * plan_identity_changes()
 * @resume: FALSE: discards what an earlier run wrote; TRUE: resumes it if there is anything
 * @made: (inout): number of directories created for the export, by this run and earlier ones
 *
 * When this returns, the content of the journal is durable; the caller syncs the directory.
 * Returns: owned by the caller; NULL with CORRUPT, or with INVALID_STATE naming what has changed
 * since the earlier run.
 */
Journal *journal_open(int fd, const char *identity, GPtrArray *changed, gboolean resume,
                      guint *made, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void journal_free(Journal *self);

/** journal_made: Returns: the number of created directories according to the journal @fd; 0 if it
 * cannot be read. */
guint journal_made(int fd);

/** journal_layer: Returns: (transfer none): what earlier runs did of layer @number. */
const JournalLayer *journal_layer(const Journal *self, guint number);

/** journal_is_certain: Returns: FALSE if an image from which layer @number is read has another
 * ctime than in the earlier run, and may therefore have been written to although its size and mtime
 * are the same. */
gboolean journal_is_certain(const Journal *self, guint number);

/** journal_continues: Returns: TRUE if this run resumes an earlier one. */
gboolean journal_continues(const Journal *self);

/** journal_n_segments: Returns: the number of segments that are recorded as done. */
guint64 journal_n_segments(Journal *self);

/** journal_restart: Records that the file of layer @number is created anew from @source. When this
 * returns, the records of an earlier file are durably void. */
gboolean journal_restart(Journal *self, guint number, const Source *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * journal_add:
 * @node: DIGEST_BYTES bytes
 * @sink: the sink of the layer; NULL: only journal_sync() records the segment
 *
 * Adds segment @index, which has been written. It is recorded after @sink was made durable, which
 * is done for several segments at once. After a failure of that, nothing more is recorded of the
 * layer, because the kernel reports lost data only once.
 */
gboolean journal_add(Journal *self, guint number, gsize index, const guint8 *node, Sink *sink,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** journal_sync: Records the segments that were added for the layer. @sink: (nullable): its sink,
 * to be made durable first; NULL if it is durable already. */
gboolean journal_sync(Journal *self, guint number, Sink *sink, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

G_END_DECLS
