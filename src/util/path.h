/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/**
 * path_canonical:
 * @path: absolute, or relative to the working directory
 *
 * Every path that a user or a program names is made canonical by this function, once, when it is
 * read. The file system is accessed only for "..": behind a symbolic link it leads where the kernel
 * would go, as for every other program. Links are not resolved otherwise.
 *
 * Returns: the absolute path without ".", ".." and superfluous slashes, owned by the caller. An
 * empty path is returned as it is, because it is a mistake (as of a variable that is not set) and
 * does not mean the working directory: whatever opens it fails. So is a relative one when the
 * working directory has been removed.
 */
char *path_canonical(const char *path);

/** path_check: Returns: FALSE with INVALID_PARAMETER, naming @path escaped, if it contains
 * something that XML cannot represent (bytes that are not UTF-8, control characters, U+FFFE,
 * U+FFFF), because neither the manifest of an export nor the record of a job could hold such a
 * path. */
gboolean path_check(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * path_check_plain:
 *
 * Checks a path that another process has sent, which does not share the working directory. Returns:
 * FALSE with INVALID_PARAMETER naming @path if path_check() refuses it, if it is not absolute, too
 * long for the kernel, or contains control characters or "..". Without ".." path_canonical() does
 * not access the file system, which may hang.
 */
gboolean path_check_plain(const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** path_user_config: Returns: the directory of the user's configuration, owned by the caller. What
 * the environment names is ignored unless it is absolute, as the XDG Base Directory Specification
 * says: it would be another one in each working directory. */
char *path_user_config(void);

/** path_user_state: Returns: the directory of what the user's programs keep, likewise. */
char *path_user_state(void);

/** path_state: Returns: the path of @name in the directory of virtsnap's state, owned by the
 * caller; with NULL for @name that of the directory. It is VIRTSNAP_STATE_DIR if that is set, the
 * system's for root, else one of the user's. */
char *path_state(const char *name);

G_END_DECLS
