/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Records of what an import is about to make. Whoever finds the record of a killed one takes back
 * what it names, as root on most hosts; and an import may go to a medium that a stranger has
 * prepared. So the records are in the directory of virtsnap's state, where nobody else can write.
 * Where the import goes there is a mark: a small file that has nothing but the name of the record,
 * which nobody can guess. A mark that leads to no record of this host means nothing. */

/** own_record_ready: Makes the directory of the records if it is not there yet. Returns: FALSE if
 * that cannot be done, or nothing can be written there. */
gboolean own_record_ready(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** own_record_new: Returns: the name of a record that is not there yet, owned by the caller. */
char *own_record_new(void);

/** own_record_write: Makes @text the content of the record @id, atomically and durably. */
gboolean own_record_write(const char *id, const char *text, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** own_record_list: Returns: (element-type utf8): the names of all records, owned by the caller;
 * NULL if they cannot be read. Some are of imports that are under way. */
GPtrArray *own_record_list(void);

/** own_record_read: Returns: the content of the record @id, owned by the caller; NULL if it has
 * gone or is longer than @limit. */
GBytes *own_record_read(const char *id, gsize limit);

/** own_record_drop: Removes the record @id, to which no mark leads any more. One that cannot be
 * removed stays, and does no harm: nobody knows its name. */
void own_record_drop(const char *id);

/** own_record_mark: Returns: the content of the mark of the record @id, owned by the caller. */
char *own_record_mark(const char *id);

/**
 * own_record_find:
 * @name: the mark, a file in @dirfd
 * @limit: bytes that the record may have
 * @id: (out) (optional): the name of the record, owned by the caller
 *
 * Reads the record that a mark leads to. Returns: its content, owned by the caller; NULL with
 * NOT_FOUND if there is no file @name, ACCESS_DENIED if it is no mark of a record of this host.
 */
GBytes *own_record_find(int dirfd, const char *name, gsize limit, char **id, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** own_record_seal: Returns: a digest of @text that nobody can make who has not the key among the
 * records, owned by the caller. So what has to lie where the import goes is known to be this
 * host's. */
char *own_record_seal(const char *text, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
