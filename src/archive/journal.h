/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/journal-content.h"

G_BEGIN_DECLS

/* What of an export is done and durable, kept beside it so that a later run goes on with what is
 * missing. Functions that take a layer's number may be called from any thread, for one layer
 * from several at once. */

typedef struct Journal Journal;

/**
 * journal_open:
 * @fd: the journal's file; must stay open
 * @identity: what the export is of: the lines above "begin", as plan_identity() makes them
 * @changed: (element-type utf8): of each layer when its images have changed, as
 * plan_identity_changes() makes it
 * @resume: FALSE: forgets what an earlier run wrote; TRUE: goes on with it if there is something
 * @made: (inout): directories created for the export, by this run and the earlier one
 *
 * It is durable when that returns; its entry in the directory is for the caller.
 * Returns: owned by the caller; CORRUPT, or INVALID_STATE naming what is not the same.
 */
Journal *journal_open(int fd, const char *identity, GPtrArray *changed, gboolean resume,
                      guint *made, GError **error) G_GNUC_WARN_UNUSED_RESULT;
void journal_free(Journal *self);

/** journal_made: Returns: how many directories the journal at @fd says were created; 0 if it
 * says nothing. */
guint journal_made(int fd);

/** journal_layer: Returns: (transfer none): what an earlier run did of layer @number. */
const JournalLayer *journal_layer(const Journal *self, guint number);

/** journal_is_certain: Returns: FALSE if an image that layer @number is read from may have been
 * written to since, although it looks the same: its ctime is another one. */
gboolean journal_is_certain(const Journal *self, guint number);

/** journal_continues: Returns: TRUE if it goes on with what an earlier run wrote. */
gboolean journal_continues(const Journal *self);

/** journal_n_segments: Returns: how many segments are recorded as done. */
guint64 journal_n_segments(Journal *self);

/** journal_restart: The file of layer @number begins anew, to hold what @source gives. What was
 * done of an earlier one is forgotten, durably, when that returns. */
gboolean journal_restart(Journal *self, guint number, const Source *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * journal_add:
 * @node: DIGEST_BYTES bytes
 * @sink: the layer's; NULL: it is recorded by journal_sync() only
 *
 * Segment @index has been written. It is recorded after @sink was made durable, which happens for
 * several at once. Where that has failed once, nothing more is recorded of the layer: the kernel
 * tells only once that it has lost something.
 */
gboolean journal_add(Journal *self, guint number, gsize index, const guint8 *node, Sink *sink,
                     GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** journal_sync: Records what was added for the layer; @sink: its sink if it may not be durable
 * yet, or NULL. */
gboolean journal_sync(Journal *self, guint number, Sink *sink, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Journal, journal_free)

G_END_DECLS
