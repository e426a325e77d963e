/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* A directory of small files that several processes read and change. A process that has it open for
 * a change has it exclusively; readers share it, and see a change either completely or not at all,
 * even if it concerns several files and its process was killed halfway.
 *
 * In the directory:
 *   .lock          the file that flock(2) locks, shared or exclusive
 *   .staged/       the files of a change that is not decided: thrown away by the next change
 *   .decided/      the same after its one rename, which decides it: the next one to come moves
 *                  them to their places; an empty file stands for one that goes away
 *   .*.tmp         what file_replace_at() left when it was killed: thrown away
 */
typedef struct RecordDir RecordDir;

/** What a directory is opened for. */
typedef enum {
    RECORD_DIR_READ,
    RECORD_DIR_CHANGE, /* read and write, if the directory exists */
    RECORD_DIR_CREATE, /* read and write; the directory and missing parents are created, mode
                        * 0700 */
} RecordDirUse;

/** The new state of one file. */
typedef struct {
    const char *file; /* its name, which must not start with a dot */
    const char *text; /* its new content, not empty; NULL: the file is removed */
} RecordChange;

/**
 * record_dir_open:
 *
 * Waits until other processes have closed the directory (IN_USE if they have not within half a
 * minute), and completes a change that a killed process had already decided.
 *
 * Returns: the directory, owned by the caller and locked until it is closed. If @path does not
 * exist and @use does not create it, this is an empty directory.
 */
RecordDir *record_dir_open(const char *path, RecordDirUse use, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** record_dir_path: Returns: (transfer none): the path by which @self was opened. */
const char *record_dir_path(const RecordDir *self);

/** record_dir_list: Returns: (element-type utf8): the sorted names of the files, without those that
 * start with a dot; owned by the caller. */
GPtrArray *record_dir_list(RecordDir *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** record_dir_has: Returns: TRUE if there is a file of the name @file. */
gboolean record_dir_has(RecordDir *self, const char *file);

/** record_dir_size: Returns: the size of @file in bytes; 0 if it does not exist. */
gsize record_dir_size(RecordDir *self, const char *file);

/** record_dir_read: Reads @file as file_read_at() does; NOT_FOUND if it does not exist. */
GBytes *record_dir_read(RecordDir *self, const char *file, gsize limit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * record_dir_write:
 * @changes: (array length=n)
 *
 * Makes all of @changes durably, or none. @self must have been opened with RECORD_DIR_CREATE, or
 * with RECORD_DIR_CHANGE and exist, which is certain once record_dir_has() was TRUE for a file in
 * it.
 */
gboolean record_dir_write(RecordDir *self, const RecordChange *changes, gsize n, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** record_dir_close: Unlocks and closes @self, which may be NULL. */
void record_dir_close(RecordDir *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordDir, record_dir_close)

G_END_DECLS
