/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Who reads an export and who removes it. Everybody who needs an export for longer than a moment
 * (verify, import, an export that has it as its base) holds it for reading, many at a time; who
 * removes it holds it alone. It is a flock(2) on its manifest.xml, and held until its descriptor
 * is closed, also by the end of the process.
 *
 * An export that is removed gets another name first, in one rename and while it is held: what has
 * that name is no export any more, for anybody. The manifest is the last of its files to go. */

/** What follows the name of an export that is being removed, which begins with a dot then:
 * ".NAME.pruned". */
#define EXPORT_PRUNED ".pruned"

/** export_is_pruned: Returns: whether @name, one path component, is that of an export of which the
 * removal was begun. */
gboolean export_is_pruned(const char *name);

/**
 * export_lock_read:
 * @dirfd: the export's directory, open
 * @path: what it was opened by, relative to the working directory if it is
 *
 * Takes the export for reading, without waiting. Read nothing of it, the manifest neither, before
 * that. Where the file system has no locks nothing is removed by us either, and there is nothing to
 * wait for.
 *
 * Returns: a descriptor that holds it, owned by the caller (auto_fd), or -1: IN_USE if it is being
 * removed, INVALID_STATE if its removal was begun and not ended, NOT_FOUND if it has no manifest or
 * has gone or been renamed meanwhile.
 */
int export_lock_read(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_lock_remove:
 * The same, to be alone with it; also of one of which the removal was begun. Returns: a descriptor,
 * or -1: IN_USE if somebody reads it, NOT_SUPPORTED if the file system has no locks, NOT_FOUND.
 */
int export_lock_remove(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_lock_refused: Returns: whether @error (nullable) says that somebody removes the export or
 * has begun to: there is no sense in looking further at what is in it. */
gboolean export_lock_refused(const GError *error);

G_END_DECLS
