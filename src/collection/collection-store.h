/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "collection/collection-api.h"

G_BEGIN_DECLS

/**
 * VirtSnapCollectionStore:
 *
 * Where collections are kept: a directory with a file for each, "NAME.xml" (characters that no
 * file name can have are escaped). Nobody is asked whether the domains exist: a collection may
 * name those of several hosts, or of tomorrow. Collections that are members do exist, and none is
 * a member of itself, directly or through others.
 *
 * A store holds nothing but the directory's path, so any thread may use it. Every operation sees
 * and leaves a whole state, whatever other processes do and wherever one is killed.
 *
 * Beside the errors named below each can fail with CORRUPT, naming the file, if a file that it
 * has to read holds no collection, with IN_USE if another process is at work for too long, and
 * as reading and writing files can: ACCESS_DENIED, NO_SPACE.
 */
typedef struct VirtSnapCollectionStore VirtSnapCollectionStore;

GType virt_snap_collection_store_get_type(void);

/**
 * virt_snap_collection_store_new:
 * @directory: (nullable) (type filename): which is created when something is stored; NULL:
 * "collections" in VIRTSNAP_CONFIG_DIR if that is set, else in the system's configuration
 * directory for root, in $XDG_CONFIG_HOME/virtsnap for others
 *
 * Nothing is looked at yet.
 *
 * Returns: (transfer full): a store
 */
VirtSnapCollectionStore *virt_snap_collection_store_new(const char *directory);

/**
 * virt_snap_collection_store_copy:
 * @self: a store
 *
 * Copies a store, not what it holds.
 *
 * Returns: (transfer full): one of the same directory
 */
VirtSnapCollectionStore *virt_snap_collection_store_copy(const VirtSnapCollectionStore *self);

/**
 * virt_snap_collection_store_get_directory:
 * @self: a store
 *
 * Tells where it is.
 *
 * Returns: (transfer none) (type filename): its path
 */
const char *virt_snap_collection_store_get_directory(const VirtSnapCollectionStore *self);

/**
 * virt_snap_collection_store_define:
 * @self: a store
 * @collection: what to store, in the place of the one with its name if there is one
 * @error: NOT_FOUND if a collection that is a member does not exist, INVALID_PARAMETER naming the
 * way round if it would be a member of itself, NO_SPACE if all collections together would be more
 * than a store takes (10000, or 8 MiB of text)
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
 * @collection: what to store
 * @error: as virt_snap_collection_store_define() has it; ALREADY_EXISTS if one has its name
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
 * @problems: (out) (transfer container) (element-type utf8): a text for each file that holds no
 * collection or must not be read, as it would be an error's
 * @error: if the directory cannot be read
 *
 * Lists all collections.
 *
 * Returns: (transfer container) (element-type VirtSnapCollection): all the others by name
 */
GPtrArray *virt_snap_collection_store_list(VirtSnapCollectionStore *self, GPtrArray **problems,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_load:
 * @self: a store
 * @name: of a collection
 * @error: NOT_FOUND naming it
 *
 * Gets a collection.
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
 * @to: its new name, in the collections that have it as a member too
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
 * @error: ALREADY_EXISTS for what is one, and what virt_snap_collection_store_define() says
 *
 * Adds all of them as members of @name or, with an error, none.
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
 * @error: NOT_FOUND for what is no member
 *
 * Removes all of them from @name or, with an error, none.
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
 * @error: NOT_FOUND for it or one below it
 *
 * Lists the domains that a collection stands for.
 *
 * Returns: (transfer container) (element-type utf8): the names of all domains that are members of
 * @name, or of a collection that is one, sorted, each once. None if there are none.
 */
GPtrArray *virt_snap_collection_store_resolve(VirtSnapCollectionStore *self, const char *name,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_free:
 * @self: (nullable): a store
 *
 * Frees it; what it holds stays.
 */
void virt_snap_collection_store_free(VirtSnapCollectionStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapCollectionStore, virt_snap_collection_store_free)

G_END_DECLS
