/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <sys/stat.h>

#include "util/error.h"

G_BEGIN_DECLS

/* File descriptors with an owner, and functions that create and replace files durably and without
 * races. Everything below a directory is reached through the directory's descriptor, never by a
 * path, because somebody could replace a component of the path meanwhile. */

/** Closes *@fd unless it is -1, keeping errno. */
void fd_clear(int *fd);

/** A descriptor that is closed when it goes out of scope; -1 is none. */
#define auto_fd __attribute__((cleanup(fd_clear))) int

/** Returns *@fd and leaves -1 in its place. */
int fd_steal(int *fd);

/**
 * fd_lock:
 * @operation: as of flock(2), with LOCK_NB
 *
 * Locks the open file @fd as flock(2) does. Returns: 0, or -1 with errno set: EWOULDBLOCK if
 * another one has it, for which CIFS says EACCES, as fcntl(2) may.
 */
int fd_lock(int fd, int operation) G_GNUC_WARN_UNUSED_RESULT;

/** fd_is_held_open: Whether the errno of a rename can mean that a file is open, in it or below it,
 * for which servers of SMB refuse that. */
gboolean fd_is_held_open(int errsv);

/**
 * fd_stat_server:
 * @path: relative to @dirfd, not followed if it is a symbolic link; "": @dirfd itself
 *
 * Asks the file server, if there is one, for the status of a file. What a network file system tells
 * without that it may have from a list of the directory, or from before: CIFS then has one link of
 * each file, and does not take back that it is read-only. Source: statx(2), AT_STATX_FORCE_SYNC.
 * Returns: 0, or -1 with errno set.
 */
int fd_stat_server(int dirfd, const char *path, struct statx *st) G_GNUC_WARN_UNUSED_RESULT;

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
 * Opens a file whose name comes from an untrusted source. The kernel (openat2(2)) refuses any path
 * that leads out of @dirfd or through a symbolic link. Returns: the descriptor, owned by the
 * caller, or -1.
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
 * @flags: as open(2), added to O_RDONLY; O_NOATIME is added where permitted
 * @st: (out): the status of the opened file
 *
 * Opens the regular file or block device @path. The type is checked before the file is opened,
 * because merely opening a tape, a watchdog or a FIFO has side effects. Returns: the descriptor,
 * owned by the caller, or -1 with errno set: EMEDIUMTYPE if @path is neither a regular file nor a
 * block device.
 */
int fd_open_data(int dirfd, const char *path, int flags, struct stat *st)
    G_GNUC_WARN_UNUSED_RESULT;

/** fd_size: Stores the size in bytes of the regular file or block device @fd in *@bytes. Returns:
 * FALSE with errno set if it cannot be determined. */
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
 * Allocates a buffer for direct I/O, in huge pages where available. The kernel splits a transfer
 * into one segment for each discontiguous page of the buffer: 1 MiB in small pages makes 256
 * segments, which fills the whole queue of many virtual disks. Returns: the buffer, to be freed
 * with free(); NULL if there is no memory.
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
 * file_replace_at(), which does not wait for the disk. The data survives the death of the process,
 * but not yet a power failure.
 */
gboolean file_stage_at(int dirfd, const char *temporary, const void *data, gsize length,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** file_put_at: The second half of file_replace_at(): syncs @temporary and only then renames it to
 * @name. On failure @temporary is removed and @name is unchanged, unless only the final sync of the
 * directory failed. */
gboolean file_put_at(int dirfd, const char *temporary, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * file_replace_at:
 * Puts @data at @name in @dirfd, atomically and durably: the data is written to a temporary file in
 * the same directory, which is synced and renamed to @name; then the directory is synced. A reader
 * sees either the old or the new content.
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

/** file_read_fd: The same for a file that is open as @fd: where another descriptor has it locked,
 * CIFS lets no other read it. @name: for errors. */
GBytes *file_read_fd(int fd, const char *name, gsize limit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** Creates the directory @name (mode 0700) in @dirfd and opens it. Returns: the descriptor, owned
 * by the caller, or -1; if it could not be created, errno has the reason, too. */
int dir_create_at(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** Removes @name and everything below it without following symbolic links. It is no error if @name
 * does not exist. */
gboolean tree_remove_at(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * dir_rewrite_entry:
 * Makes the next fd_sync() of @dirfd write the directory entry @name to the disk again. That is
 * needed after an fd_sync() that failed: the entry may have been lost then, and the kernel reports
 * such an error only once. For that the entry is renamed and renamed back; if the process is killed
 * in between, dir_restore_entries() gives it its name back. It is no error if @name does not exist.
 */
gboolean dir_rewrite_entry(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** dir_restore_entries: Restores the names of entries of @dirfd that dir_rewrite_entry() had
 * renamed when its process was killed. */
gboolean dir_restore_entries(int dirfd, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * dir_list_at:
 * Returns: (element-type utf8): the sorted names in the directory @name of @dirfd, without "."
 * and "..".
 */
GPtrArray *dir_list_at(int dirfd, const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
