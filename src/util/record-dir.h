/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* A directory of small files that several processes read and change. Who has it open for a change
 * is alone with it; readers share it, and see all of a change or nothing of it, even if it took
 * several files and whoever made it was killed in its midst.
 *
 * In the directory:
 *   .lock          flock(2) on it, shared or exclusive, is what the above rests on
 *   .staged/       the files of a change that is not decided: thrown away by the next change
 *   .decided/      the same after its one rename, which decides it: the next one to come moves
 *                  them to their places; an empty file stands for one that goes away
 *   .*.tmp         what file_replace_at() left when it was killed: thrown away
 */
typedef struct RecordDir RecordDir;

/** What it is opened for. */
typedef enum {
    RECORD_DIR_READ,
    RECORD_DIR_CHANGE, /* also to write, if it is there */
    RECORD_DIR_CREATE, /* to write, and created, 0700, with what is missing above it */
} RecordDirUse;

/** What is to become of one file. */
typedef struct {
    const char *file; /* its name, which must not start with a dot */
    const char *text; /* its new content, not empty; NULL: it goes away */
} RecordChange;

/**
 * record_dir_open:
 *
 * Waits for others to finish (IN_USE if they do not within half a minute), and finishes what
 * somebody who was killed had decided.
 *
 * Returns: owned by the caller, and locked until it is closed. If @path does not exist and is
 * not created, a directory without files.
 */
RecordDir *record_dir_open(const char *path, RecordDirUse use, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** record_dir_path: Returns: (transfer none): the path that it was opened by. */
const char *record_dir_path(const RecordDir *self);

/** record_dir_list: Returns: (element-type utf8): sorted names, not those that start with a dot. */
GPtrArray *record_dir_list(RecordDir *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** record_dir_has: Is there anything named @file? */
gboolean record_dir_has(RecordDir *self, const char *file);

/** record_dir_size: Returns: how many bytes @file has; 0 if it is not there. */
gsize record_dir_size(RecordDir *self, const char *file);

/** record_dir_read: As file_read_at(), with its @limit in bytes. NOT_FOUND if it is not there. */
GBytes *record_dir_read(RecordDir *self, const char *file, gsize limit, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * record_dir_write:
 * @changes: (array length=n)
 *
 * Makes all of @changes, durably, or none. @self was opened to write, and is there: if it may
 * not be, record_dir_has() found something in it.
 */
gboolean record_dir_write(RecordDir *self, const RecordChange *changes, gsize n, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** record_dir_close: Closes, and unlocks, it. NULL is fine. */
void record_dir_close(RecordDir *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(RecordDir, record_dir_close)

G_END_DECLS
