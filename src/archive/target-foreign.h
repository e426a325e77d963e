/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <sys/stat.h>

#include "util/error.h"

G_BEGIN_DECLS

/* Targets on file systems that are not Unix's own (NFS with root_squash, CIFS, exFAT, NTFS, much
 * of FUSE): they say that files belong to somebody else, keep no permissions, and cannot hold or
 * tell apart every name. */

/**
 * foreign_is_ours:
 * @dirfd: the directory that @st's file is in
 *
 * Returns: whether that file could be one that this process has made: it belongs to us, or to the
 * user that the file system gives to everything we make in @dirfd.
 */
gboolean foreign_is_ours(int dirfd, const struct stat *st);

/**
 * foreign_close:
 * @dirfd: a directory of our own, to be for nobody else, like
 * @fd: a file in it
 * @where: the directory above
 *
 * Returns: (nullable): a warning, owned by the caller, if the file system keeps no permissions.
 */
char *foreign_close(int dirfd, int fd, const char *where);

/**
 * foreign_mode_refused:
 * Returns: whether the errno @errsv of chmod(2) on a file of our own means that its file system
 * has no such permissions.
 */
gboolean foreign_mode_refused(int errsv);

/**
 * foreign_name_error:
 * @errsv: why @name could not be created, with O_EXCL or mkdir(2), where nothing of that name was
 * made before
 *
 * Returns: FALSE with @error set if that is because of the name; TRUE if it is not.
 */
gboolean foreign_name_error(int errsv, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** foreign_check_dir: Returns: FALSE with INVALID_PARAMETER if the directory @path, in @dirfd, can
 * be opened by that name and is there by another one. */
gboolean foreign_check_dir(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** foreign_try_name: Makes sure, without making it, that a directory in @dirfd can be called
 * @name. */
gboolean foreign_try_name(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * foreign_check_tree:
 * @dirfd: directory
 * @directories: (element-type utf8): keys: the directories that were made below it
 * @files: (element-type utf8): paths of files that are to be made in them; some may be there
 *
 * Returns: FALSE with INVALID_PARAMETER, naming the path, if one of them cannot be had beside the
 * others. Nothing is changed.
 */
gboolean foreign_check_tree(int dirfd, GTree *directories, GPtrArray *files, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
