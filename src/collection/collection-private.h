/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection.h"
#include "util/record-dir.h"

G_BEGIN_DECLS

/* Collections in the directory of a store, which the caller has open. */

/** collection_file: Returns: the name of the file of the collection @name, owned by the caller. */
char *collection_file(const char *name);

/** collection_not_found: Sets the error that there is no collection @name. Returns: FALSE. */
gboolean collection_not_found(const char *name, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** collection_list_files: Returns: (element-type utf8): files that hold collections, or should. */
GPtrArray *collection_list_files(RecordDir *dir, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * collection_load_file:
 * Returns: what @file holds, owned by the caller; CORRUPT naming it if that is no collection, or
 * one whose file has another name.
 */
VirtSnapCollection *collection_load_file(RecordDir *dir, const char *file, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** collection_load: Returns: the collection @name, owned by the caller; NOT_FOUND naming it. */
VirtSnapCollection *collection_load(RecordDir *dir, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * collection_load_others:
 * @except: a file that is not read, and may be damaged
 *
 * Returns: (element-type VirtSnapCollection): all the others, owned by the caller.
 */
GPtrArray *collection_load_others(RecordDir *dir, const char *except, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * collection_walk:
 * @collection: which need not be in @dir, where its members are
 *
 * Returns: (element-type utf8): the set of the domains of @collection and of the collections
 * below it; NOT_FOUND or CORRUPT for one of these, INVALID_PARAMETER naming the way round if
 * there is one.
 */
GHashTable *collection_walk(RecordDir *dir, const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
