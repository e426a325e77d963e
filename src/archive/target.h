/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "archive/target-space.h"

G_BEGIN_DECLS

/* The target of an export. It is written into a hidden directory ".NAME.partial" beside its final
 * directory, which only one process at a time can hold, and committed by one rename. So the final
 * name appears with everything in it, or not at all. */

typedef struct Target Target;

/**
 * target_new:
 * @place: the place, whose name must be known
 *
 * Checks everything that can be checked without changing anything. Returns: owned by the caller;
 * NULL with ALREADY_EXISTS, ACCESS_DENIED, NOT_FOUND or INVALID_PARAMETER naming the path.
 */
Target *target_new(const ExportPlace *place, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** target_left_at: Returns: the target of @place without any check, owned by the caller: for what
 * earlier runs have left there, which may be beside the complete export. Nothing can be committed
 * to it. */
Target *target_left_at(const ExportPlace *place);

/** target_set_import: @self, which is not begun yet, becomes the target of an import
 * (journal-kind.h). */
void target_set_import(Target *self);

/** target_path_of: Returns: the path of the final directory of the target of @place, owned by the
 * caller. Nothing is checked: it may be taken by what is to be looked at before target_new(). */
char *target_path_of(const ExportPlace *place);

/** target_free: Frees @self, which may be NULL. A partial directory that was begun and not
 * committed is removed, unless target_keep() was called. */
void target_free(Target *self);

/** target_path: Returns: (transfer none): the absolute path of the final directory, after
 * target_commit() the actual one. */
const char *target_path(const Target *self);

/** target_moved_from: Returns: (transfer none) (nullable): after target_commit(), the requested
 * path if the export is at another one because somebody renamed a directory meanwhile; else
 * NULL. */
const char *target_moved_from(const Target *self);

/** target_has_left: Returns: FALSE if there is no partial directory, neither of this run nor of an
 * earlier one. */
gboolean target_has_left(const Target *self);

/** target_is_written: Returns: whether a process, which may be this one, has locked the partial
 * directory of the place, so that the export may still become complete. @self has not begun. */
gboolean target_is_written(const Target *self);

/** target_left_changed: Returns: the time of the last write to the journal that an earlier run has
 * left, in seconds since the epoch; 0 if there is none. */
gint64 target_left_changed(const Target *self);

/** target_space: Determines the properties of the file system of the target with
 * target_space_at(). */
gboolean target_space(const Target *self, TargetSpace *space, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * target_begin:
 * @resume: TRUE: keeps what an earlier process has left, also when @self is freed, unless
 * target_drop() is called; FALSE: removes it
 *
 * Creates the partial directory if it does not exist and locks it for this process. Returns: FALSE
 * with IN_USE if another process has locked it, INVALID_PARAMETER if the file system does not
 * accept a name.
 */
gboolean target_begin(Target *self, gboolean resume, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** target_tidy: Removes everything from the partial directory except the layers and the journal. */
gboolean target_tidy(Target *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Name of the journal. A complete export still has it if its process was killed at the very
 * end. */
#define JOURNAL_FILE "journal"

/** The directory of the layers in the partial directory. */
#define TARGET_LAYERS "layers"

/** target_journal: Returns: the descriptor of the locked journal, owned by @self. */
int target_journal(const Target *self);

/** target_warning: Returns: (transfer none) (nullable): a warning for the user about the file
 * system of the target, available after target_begin(). */
const char *target_warning(const Target *self);

/** target_made: Returns: the number of directories that were created for the export in addition to
 * its own. */
guint target_made(const Target *self);

/** target_set_made: Sets the number of created directories to include those that an earlier process
 * created. */
void target_set_made(Target *self, guint made);

/** target_fd: Returns: the descriptor of the partial directory, owned by @self. */
int target_fd(const Target *self);

/**
 * target_commit:
 * Renames the partial directory to its final name durably and removes the journal. Its content must
 * be durable already.
 * Returns: FALSE with an error, and then there is nothing under the final name and the journal is
 * unchanged; NOT_FOUND if the directory has been removed.
 */
gboolean target_commit(Target *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** target_keep: Keeps the partial directory when @self is freed. */
void target_keep(Target *self);

/** target_drop: Removes the partial directory when @self is freed, including what an earlier
 * process has left. */
void target_drop(Target *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Target, target_free)

G_END_DECLS
