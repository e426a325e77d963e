/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <sys/stat.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Targets on file systems without full POSIX semantics (NFS with root_squash, CIFS, exFAT, NTFS,
 * many FUSE file systems): they may report another owner, keep no permissions, reject some names,
 * and confuse names that differ only in case. */

/**
 * foreign_is_ours:
 * @dirfd: the directory of the file
 *
 * Returns: TRUE if the file with the status @st can have been created by this process: it belongs
 * to its user, or to the user to which the file system assigns everything that this process creates
 * in @dirfd.
 */
gboolean foreign_is_ours(int dirfd, const struct stat *st);

/**
 * foreign_close:
 * @dirfd: a directory created by this process
 * @fd: a file in it
 * @where: path of the parent directory, for the warning
 *
 * Makes the directory and the file accessible to the owner only. Returns: (nullable): a warning,
 * owned by the caller, if the file system does not keep permissions.
 */
char *foreign_close(int dirfd, int fd, const char *where);

/**
 * foreign_mode_refused:
 * Returns: TRUE if the errno @errsv of chmod(2) on an own file means that the file system does not
 * support such permissions.
 */
gboolean foreign_mode_refused(int errsv);

/**
 * foreign_name_error:
 * @errsv: the errno of creating @name with O_EXCL or mkdir(2), where this process has not created
 * that name before
 *
 * Returns: FALSE with @error set if the file system does not accept the name; TRUE, without an
 * error, if there is another cause.
 */
gboolean foreign_name_error(int errsv, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** foreign_check_dir: Returns: FALSE with INVALID_PARAMETER if the file system has stored the
 * directory @path, relative to @dirfd, under another name than the one by which it can be
 * opened. */
gboolean foreign_check_dir(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** foreign_try_name: Checks that a directory in @dirfd can have the name @name, without creating it
 * under that name. */
gboolean foreign_try_name(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * foreign_check_tree:
 * @dirfd: directory
 * @directories: (element-type utf8): keys: the directories that were created below @dirfd
 * @files: (element-type utf8): paths of the files that will be created in them; some may exist
 * already
 *
 * Checks that all these paths can exist side by side; nothing is left changed. Returns: FALSE with
 * INVALID_PARAMETER naming the path if one of them cannot.
 */
gboolean foreign_check_tree(int dirfd, GTree *directories, GPtrArray *files, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
