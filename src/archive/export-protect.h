/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Protection of exports from being removed by rules. The mark is an empty file in the export that
 * is not in its manifest; it is copied together with the export. Because it must be empty, nothing
 * can be smuggled in with it: anything else of that name is a problem for verify and import. */

/** Name of the mark. */
#define PROTECTED_FILE "protected"

/** export_is_protected: Returns: TRUE if there is anything with the name of the mark in the export
 * whose directory is open as @dirfd; in doubt an export is protected. */
gboolean export_is_protected(int dirfd);

/** export_is_mark: Returns: TRUE if @name in the export @dirfd is the mark, an empty regular file;
 * symbolic links are not followed. */
gboolean export_is_mark(int dirfd, const char *name);

/**
 * export_set_protected:
 * @path: path of an export whose manifest can be read
 *
 * Protects the export durably, or removes the protection. It is no error if that is the case
 * already. Returns: FALSE with IN_USE or INVALID_STATE if it is being removed, NOT_FOUND, CORRUPT
 * if its manifest cannot be read, INVALID_STATE if something else has the mark's name.
 */
gboolean export_set_protected(const char *path, gboolean protect, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * export_protect:
 * @mark: (out): what tells this protection from any other, owned by the caller; NULL: the export
 * was protected already
 *
 * As export_set_protected(), but until export_protect_keep() it may be taken back. Who protects
 * what is protected already changes the time of the mark, so that the one who made it does not lift
 * the protection again. ACCESS_DENIED if it is another user's, who may still do that.
 */
gboolean export_protect(const char *path, char **mark, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_protect_undo: Lifts the protection if it still is the one of @mark, and nobody has relied
 * on it since, nor does so meanwhile. Returns: FALSE with an error if that is so, or cannot be told
 * because the file system has no locks, and it cannot be lifted. */
gboolean export_protect_undo(const char *path, const char *mark, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_protect_keep: Lets others see that the protection of @mark is not taken back any more. */
void export_protect_keep(const char *path, const char *mark);

G_END_DECLS
