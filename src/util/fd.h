/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <sys/stat.h>

#include "util/error.h"

G_BEGIN_DECLS

/* File descriptors with an owner, and the durable, race-free ways to make
 * files that the rest relies on: everything below a directory goes by its
 * descriptor, never by a path that somebody could exchange meanwhile. */

/** Closes *@fd unless it is -1, keeping errno. */
void fd_clear(int *fd);

/** A descriptor that is closed when it goes out of scope; -1 is none. */
#define auto_fd __attribute__((cleanup(fd_clear))) int

/** Returns *@fd and leaves -1 in its place. */
int fd_steal(int *fd);

/**
 * fd_open:
 * @dirfd: directory, or AT_FDCWD
 * @flags: as open(2); O_CLOEXEC is added
 * @mode: permissions of a created file
 *
 * Opens @path. Returns: the descriptor, owned by the caller, or -1.
 */
int fd_open(int dirfd, const char *path, int flags, mode_t mode, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** Opens the directory @path, following no symbolic link in its last part. */
int fd_open_dir(int dirfd, const char *path, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * fd_open_beneath:
 * @path: relative to @dirfd
 * @flags: as open(2); O_CLOEXEC is added
 *
 * Opens what a stranger named: the kernel refuses to leave @dirfd and to follow any symbolic link
 * on the way (openat2(2)). Returns: the descriptor, owned by the caller, or -1.
 */
int fd_open_beneath(int dirfd, const char *path, int flags, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * fd_open_inside:
 * Opens @path as fd_open_beneath() does, and refuses what is mounted on the way or there, too
 * (INVALID_PARAMETER): for who is about to remove it.
 */
int fd_open_inside(int dirfd, const char *path, int flags, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * fd_open_data:
 * @flags: as open(2), added to O_RDONLY; O_NOATIME where we may
 * @st: (out): what it is
 *
 * Opens the regular file or block device @path. What it is is found out first: to open a tape, a
 * watchdog or a FIFO already does something to it. Returns: the descriptor, owned by the caller, or
 * -1 with errno: EMEDIUMTYPE if it is something else.
 */
int fd_open_data(int dirfd, const char *path, int flags, struct stat *st)
    G_GNUC_WARN_UNUSED_RESULT;

/** fd_size: Returns: FALSE with errno if it is not known how many bytes the file or the block
 * device @fd has. */
gboolean fd_size(int fd, guint64 *bytes) G_GNUC_WARN_UNUSED_RESULT;

/** Writes all of @data at @offset, through short writes and EINTR. @what names the file. */
gboolean fd_pwrite_all(int fd, const void *data, gsize length, guint64 offset, const char *what,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Reads exactly @length bytes at @offset; an earlier end is CORRUPT. @what names the file. */
gboolean fd_pread_all(int fd, void *data, gsize length, guint64 offset, const char *what,
                      GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * fd_buffer_new:
 * @length: bytes, rounded up to whole huge pages of 2 MiB
 *
 * Memory for direct transfers, of huge pages where there are any. A disk takes a transfer in as
 * many pieces as its memory has, and a MiB of small pages has 256: the whole queue of many a
 * virtual disk. Returns: to be freed with free().
 */
void *fd_buffer_new(gsize length) G_GNUC_WARN_UNUSED_RESULT;

/** fsync(2) of an open file or directory. @what names it. */
gboolean fd_sync(int fd, const char *what, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * file_create_at:
 * Creates @name in @dirfd (mode 0600, ALREADY_EXISTS if it is there), writes @data and makes it
 * durable. The directory entry is durable after fd_sync() of @dirfd.
 */
gboolean file_create_at(int dirfd, const char *name, const void *data, gsize length,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * file_stage_at:
 * Writes @data to the new file @temporary in @dirfd (mode 0600): the first half of
 * file_replace_at(), which does not wait for the disk. What it wrote outlives the program.
 */
gboolean file_stage_at(int dirfd, const char *temporary, const void *data, gsize length,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** file_put_at: The second half: makes @temporary durable and then, not before, @name. What fails
 * leaves no @temporary, and @name as it was, unless all that fails is to make the directory
 * durable. */
gboolean file_put_at(int dirfd, const char *temporary, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * file_replace_at:
 * Puts @data at @name in @dirfd, atomically and durably: written to a temporary file beside it,
 * synced, renamed, the directory synced. A reader sees the old or the new content, never a mix.
 */
gboolean file_replace_at(int dirfd, const char *name, const void *data, gsize length,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * file_read_at:
 * @limit: bytes; a larger file is INVALID_PARAMETER
 *
 * Reads the regular file @name in @dirfd, following no symbolic link in its last part. Returns:
 * its content, owned by the caller.
 */
GBytes *file_read_at(int dirfd, const char *name, gsize limit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** Creates the directory @name (0700) in @dirfd and opens it. Returns: descriptor, or -1; errno
 * says why it could not be created, then. */
int dir_create_at(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Removes @name and all below it, following no links. Absent is fine. */
gboolean tree_remove_at(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * dir_rewrite_entry:
 * Has the entry @name of @dirfd written to the disk again by the next fd_sync() of @dirfd, as it
 * may have been lost there if an earlier one failed, which the kernel tells only once. It goes by
 * another name for a moment, which dir_restore_entries() undoes for who was killed then. Absent is
 * fine.
 */
gboolean dir_rewrite_entry(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** dir_restore_entries: Gives the entries of @dirfd that dir_rewrite_entry() was killed at their
 * names. */
gboolean dir_restore_entries(int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * dir_list_at:
 * Returns: (element-type utf8): the sorted names in the directory @name of @dirfd, without "."
 * and "..".
 */
GPtrArray *dir_list_at(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
