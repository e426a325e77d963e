/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-api.h"

G_BEGIN_DECLS

/**
 * VirtSnapCollectionStore:
 *
 * A directory of collections with a file for each, "NAME.xml" (characters that a file name cannot
 * have are escaped). The domains need not exist: a collection may name domains of several hosts, or
 * future ones. Member collections must exist, and no collection may contain itself, directly or
 * indirectly.
 *
 * A store has no state but the path of its directory, so any thread may use it. Every operation is
 * atomic, even if other processes work on the same directory or a process is killed.
 *
 * Besides the errors named below, each function can fail with CORRUPT, naming the file, if a file
 * that it reads does not hold a valid collection; with IN_USE if another process has locked the
 * store for too long; and with errors of the file system as ACCESS_DENIED and NO_SPACE.
 */
typedef struct VirtSnapCollectionStore VirtSnapCollectionStore;

GType virt_snap_collection_store_get_type(void);

/**
 * virt_snap_collection_store_new:
 * @directory: (nullable) (type filename): its directory, which is created when something is stored;
 * NULL: "collections" in VIRTSNAP_CONFIG_DIR if that is set, else in the system's configuration
 * directory for root, in $XDG_CONFIG_HOME/virtsnap for others
 *
 * Creates a store without accessing the directory.
 *
 * Returns: (transfer full): a store
 */
VirtSnapCollectionStore *virt_snap_collection_store_new(const char *directory);

/**
 * virt_snap_collection_store_copy:
 * @self: a store
 *
 * Copies a store object, not the collections in the directory.
 *
 * Returns: (transfer full): a store of the same directory
 */
VirtSnapCollectionStore *virt_snap_collection_store_copy(const VirtSnapCollectionStore *self);

/**
 * virt_snap_collection_store_get_directory:
 * @self: a store
 *
 * Gets the directory of a store.
 *
 * Returns: (transfer none) (type filename): its path
 */
const char *virt_snap_collection_store_get_directory(const VirtSnapCollectionStore *self);

/**
 * virt_snap_collection_store_define:
 * @self: a store
 * @collection: the collection, which replaces one of the same name
 * @error: NOT_FOUND if a member collection does not exist, INVALID_PARAMETER describing the cycle
 * if the collection would contain itself, NO_SPACE if the store would exceed its limits (10000
 * collections, 8 MiB of text in total)
 *
 * Stores a collection.
 *
 * Returns: whether it is stored
 */
gboolean virt_snap_collection_store_define(VirtSnapCollectionStore *self,
                                           const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_create:
 * @self: a store
 * @collection: the new collection
 * @error: as for virt_snap_collection_store_define(); ALREADY_EXISTS if there is a collection of
 * that name
 *
 * Stores a new collection.
 *
 * Returns: whether it is stored
 */
gboolean virt_snap_collection_store_create(VirtSnapCollectionStore *self,
                                           const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_list:
 * @self: a store
 * @problems: (out) (transfer container) (element-type utf8): an error message for each file that
 * does not hold a valid collection or that may not be read
 * @error: if the directory cannot be read
 *
 * Lists all collections.
 *
 * Returns: (transfer container) (element-type VirtSnapCollection): the valid collections, sorted by
 * name
 */
GPtrArray *virt_snap_collection_store_list(VirtSnapCollectionStore *self, GPtrArray **problems,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_load:
 * @self: a store
 * @name: of a collection
 * @error: NOT_FOUND naming it
 *
 * Loads a collection.
 *
 * Returns: (transfer full): the collection
 */
VirtSnapCollection *virt_snap_collection_store_load(VirtSnapCollectionStore *self,
                                                    const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_rename:
 * @self: a store
 * @name: of a collection
 * @to: its new name, which also replaces @name in the collections that have it as a member
 * @error: NOT_FOUND, or ALREADY_EXISTS if there is a collection @to
 *
 * Renames a collection.
 *
 * Returns: whether that was done
 */
gboolean virt_snap_collection_store_rename(VirtSnapCollectionStore *self, const char *name,
                                           const char *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_add:
 * @self: a store
 * @name: of a collection
 * @domains: (nullable) (array zero-terminated=1): names
 * @collections: (nullable) (array zero-terminated=1): likewise
 * @error: ALREADY_EXISTS for a name that is a member already, and those of
 * virt_snap_collection_store_define()
 *
 * Adds all @domains and @collections to the collection @name; on error it adds none.
 *
 * Returns: whether that was done
 */
gboolean virt_snap_collection_store_add(VirtSnapCollectionStore *self, const char *name,
                                        char *const *domains, char *const *collections,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_remove:
 * @self: a store
 * @name: of a collection
 * @domains: (nullable) (array zero-terminated=1): names
 * @collections: (nullable) (array zero-terminated=1): likewise
 * @error: NOT_FOUND for a name that is not a member
 *
 * Removes all @domains and @collections from the collection @name; on error it removes none.
 *
 * Returns: whether that was done
 */
gboolean virt_snap_collection_store_remove(VirtSnapCollectionStore *self, const char *name,
                                           char *const *domains, char *const *collections,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_undefine:
 * @self: a store
 * @name: of a collection, which is removed even if its file is damaged
 * @error: NOT_FOUND, or IN_USE naming a collection that has it as a member
 *
 * Removes a collection.
 *
 * Returns: whether that was done
 */
gboolean virt_snap_collection_store_undefine(VirtSnapCollectionStore *self, const char *name,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_resolve:
 * @self: a store
 * @name: of a collection
 * @error: NOT_FOUND for the collection or a member collection
 *
 * Lists all domains of a collection, including those of its member collections.
 *
 * Returns: (transfer container) (element-type utf8): the names of all domains that are direct or
 * indirect members of @name, sorted, each once; an empty array if there are none.
 */
GPtrArray *virt_snap_collection_store_resolve(VirtSnapCollectionStore *self, const char *name,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_free:
 * @self: (nullable): a store
 *
 * Frees the store object; the collections in the directory stay.
 */
void virt_snap_collection_store_free(VirtSnapCollectionStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapCollectionStore, virt_snap_collection_store_free)

G_END_DECLS
