/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Locks of exports. Everything that uses an export for some time (verify, import, an export that
 * has it as its base) holds a shared lock; whoever removes an export holds the exclusive lock. The
 * lock is a flock(2) on manifest.xml, and is held until its descriptor is closed or the process
 * ends.
 *
 * To remove an export it is first renamed while the lock is held: under its new name it is not an
 * export any more. The manifest is the last file that is removed. */

/** Suffix of the new name of an export that is being removed: ".NAME.pruned". */
#define EXPORT_PRUNED ".pruned"

/** export_is_pruned: Returns: TRUE if @name, a path component, is the name of an export whose
 * removal has begun. */
gboolean export_is_pruned(const char *name);

/**
 * export_lock_read:
 * @dirfd: the open directory of the export
 * @path: the path by which it was opened, absolute or relative to the working directory
 *
 * Takes the shared lock without waiting. Nothing of the export, not even its manifest, may be read
 * before that. On a file system without locks this succeeds, because export_lock_remove() refuses
 * to remove anything there.
 *
 * Returns: a descriptor that holds the lock, owned by the caller (auto_fd), or -1: IN_USE if the
 * export is being removed, INVALID_STATE if its removal was begun but not completed, NOT_FOUND if
 * it has no manifest or was removed or renamed meanwhile.
 */
int export_lock_read(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_lock_remove:
 * Takes the exclusive lock without waiting, also of an export whose removal was begun. Returns: a
 * descriptor that holds the lock, owned by the caller, or -1: IN_USE if the export is being read,
 * NOT_SUPPORTED if the file system has no locks, NOT_FOUND.
 */
int export_lock_remove(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_lock_refused: Returns: TRUE if @error (nullable) means that the removal of the export has
 * begun, so that its content need not be examined further. */
gboolean export_lock_refused(const GError *error);

G_END_DECLS
