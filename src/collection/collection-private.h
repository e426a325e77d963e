/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection.h"
#include "util/record-dir.h"

G_BEGIN_DECLS

/* Reading collections from the directory of a store, which the caller has opened. */

/** collection_file: Returns: the name of the file of the collection @name, owned by the caller. */
char *collection_file(const char *name);

/** collection_not_found: Sets the error that there is no collection @name. Returns: FALSE. */
gboolean collection_not_found(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** collection_list_files: Returns: (element-type utf8): the names of all files for collections,
 * whether they are valid or not; owned by the caller. */
GPtrArray *collection_list_files(RecordDir *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * collection_load_file:
 * Returns: the collection in @file, owned by the caller; CORRUPT naming @file if it does not hold a
 * valid collection, or one whose name belongs to another file.
 */
VirtSnapCollection *collection_load_file(RecordDir *dir, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** collection_load: Returns: the collection @name, owned by the caller; NOT_FOUND naming it. */
VirtSnapCollection *collection_load(RecordDir *dir, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * collection_load_others:
 * @except: name of a file that is not read and may be damaged
 *
 * Returns: (element-type VirtSnapCollection): all other collections, owned by the caller.
 */
GPtrArray *collection_load_others(RecordDir *dir, const char *except, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * collection_walk:
 * @collection: a collection whose members are in @dir; it need not be there itself
 *
 * Returns: (element-type utf8): the set of the domains of @collection and, recursively, of its
 * member collections, owned by the caller; NULL with NOT_FOUND or CORRUPT for a member collection,
 * or with INVALID_PARAMETER describing the cycle if a collection contains itself.
 */
GHashTable *collection_walk(RecordDir *dir, const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
