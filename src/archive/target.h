/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "archive/target-space.h"

G_BEGIN_DECLS

/* Where an export comes to be. It is written into a hidden directory beside its final place,
 * ".NAME.partial", which one process at a time can hold; one rename ends it. So the final name
 * appears with everything in it, or not at all. */

typedef struct Target Target;

/**
 * target_new:
 * @place: its name must be known
 *
 * Checks what can be checked without touching anything. Returns: owned by the caller;
 * ALREADY_EXISTS, ACCESS_DENIED, NOT_FOUND, INVALID_PARAMETER naming the path.
 */
Target *target_new(const ExportPlace *place, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** target_free: Closes it; one that was begun and not committed is removed, unless target_keep()
 * was called. NULL is fine. */
void target_free(Target *self);

/** target_path: Returns: (transfer none): the absolute path that the export will have; after
 * target_commit() the one that it has. */
const char *target_path(const Target *self);

/** target_moved_from: Returns: (transfer none): after target_commit(), the path that was asked for
 * if the export has another one, because somebody renamed a directory meanwhile; else NULL. */
const char *target_moved_from(const Target *self);

/** target_has_left: Returns: FALSE if there is no partial directory, of no earlier run either. */
gboolean target_has_left(const Target *self);

/** target_left_changed: Returns: when the journal of what was left was last written to, in seconds
 * since the epoch; 0: nothing is there. */
gint64 target_left_changed(const Target *self);

/** target_space: Asks the file system that the target will be on. What an earlier run left there is
 * free: it is removed, or needs not be written again. */
gboolean target_space(const Target *self, TargetSpace *space, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * target_begin:
 * @resume: keeps what an earlier process has left in it, also when @self is freed, until
 * target_drop(); else that is removed
 *
 * Creates the partial directory and takes it for this process. Returns: FALSE with IN_USE if
 * another process is at it, INVALID_PARAMETER if the file system cannot hold a name.
 */
gboolean target_begin(Target *self, gboolean resume, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** target_tidy: Removes all from the partial directory but the layers and the journal. */
gboolean target_tidy(Target *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** The journal's name. An export of which the making was killed at its very end still has it. */
#define JOURNAL_FILE "journal"

/** The directory in the partial directory that layers are in, */
#define TARGET_LAYERS "layers"

/** target_journal: Returns: and the journal, open and locked; still owned by @self. */
int target_journal(const Target *self);

/** target_warning: Returns: (transfer none) (nullable): what its file system does not do as others
 * do, for the user to know; once target_begin() is done. */
const char *target_warning(const Target *self);

/** target_made: Returns: how many directories were created for the export, beside its own. */
guint target_made(const Target *self);

/** target_set_made: The same; those that an earlier process created count, too. */
void target_set_made(Target *self, guint made);

/** target_fd: Returns: the partial directory, open; still owned by @self. */
int target_fd(const Target *self);

/**
 * target_commit:
 * Gives the partial directory its final name, durably, and removes the journal. All in it has to
 * be durable already.
 * Returns: FALSE with nothing under the final name, and the journal as it was; NOT_FOUND if the
 * directory has been removed.
 */
gboolean target_commit(Target *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** target_keep: Leaves the partial directory in place when @self is freed. */
void target_keep(Target *self);

/** target_drop: Removes it then, also what an earlier process has left. */
void target_drop(Target *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Target, target_free)

G_END_DECLS
