/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "virtsnap/collection.h"

G_BEGIN_DECLS

/* Where collections are kept: a directory with a file for each, "<name>.xml" (its name as
 * name_to_component() writes it). Nobody is asked whether the domains exist: a collection may
 * name those of several hosts, or of tomorrow. Collections that are members do exist, and none is
 * a member of itself, directly or through others.
 *
 * A store holds nothing but the directory's path, so any thread may use it. Every operation sees
 * and leaves a whole state, whatever other processes do and wherever one is killed.
 *
 * Beside the errors named below each can fail with CORRUPT, naming the file, if a file that it
 * has to read holds no collection, with IN_USE if another process is at work for too long, and
 * as reading and writing files can: ACCESS_DENIED, NO_SPACE. */
typedef struct VirtSnapCollectionStore VirtSnapCollectionStore;

/**
 * virt_snap_collection_store_new:
 * @directory: (nullable): which is created when something is stored; NULL: "collections" in
 * VIRTSNAP_CONFIG_DIR if that is set, else in the system's configuration directory for root, in
 * $XDG_CONFIG_HOME/virtsnap for others
 *
 * Returns: owned by the caller. Nothing is looked at yet.
 */
VirtSnapCollectionStore *virt_snap_collection_store_new(const char *directory);

/** virt_snap_collection_store_get_directory: Returns: (transfer none): its path. */
const char *virt_snap_collection_store_get_directory(const VirtSnapCollectionStore *self);

/**
 * virt_snap_collection_store_define:
 *
 * Stores @collection, in the place of the one with its name if there is one. Returns: FALSE with
 * NOT_FOUND if a collection that is a member does not exist, INVALID_PARAMETER naming the way
 * round if it would be a member of itself.
 */
gboolean virt_snap_collection_store_define(VirtSnapCollectionStore *self,
                                           const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_collection_store_create: The same, but ALREADY_EXISTS if one has its name. */
gboolean virt_snap_collection_store_create(VirtSnapCollectionStore *self,
                                           const VirtSnapCollection *collection, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_list:
 * @problems: (out) (element-type utf8): a text for each file that holds no collection or
 * must not be read, as it would be an error's; to be freed with g_ptr_array_unref()
 *
 * Returns: (element-type VirtSnapCollection): all the others by name, owned by the caller.
 */
GPtrArray *virt_snap_collection_store_list(VirtSnapCollectionStore *self, GPtrArray **problems,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_collection_store_load: Returns: owned by the caller; NOT_FOUND naming it. */
VirtSnapCollection *virt_snap_collection_store_load(VirtSnapCollectionStore *self,
                                                    const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_rename:
 *
 * Gives @name the name @to, in the collections that have it as a member too. Returns: FALSE with
 * NOT_FOUND, or ALREADY_EXISTS if there is a collection @to.
 */
gboolean virt_snap_collection_store_rename(VirtSnapCollectionStore *self, const char *name,
                                           const char *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_add:
 * @domains: (nullable): names, ended by NULL
 * @collections: (nullable): likewise
 *
 * Adds all of them as members of @name or, with an error, none: ALREADY_EXISTS for what is one,
 * and what virt_snap_collection_store_define() says.
 */
gboolean virt_snap_collection_store_add(VirtSnapCollectionStore *self, const char *name,
                                        char *const *domains, char *const *collections,
                                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** virt_snap_collection_store_remove: Likewise removes all, or none: NOT_FOUND for no member. */
gboolean virt_snap_collection_store_remove(VirtSnapCollectionStore *self, const char *name,
                                           char *const *domains, char *const *collections,
                                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_undefine:
 *
 * Removes @name, even if its file is damaged. Returns: FALSE with NOT_FOUND, or with IN_USE
 * naming a collection that has it as a member.
 */
gboolean virt_snap_collection_store_undefine(VirtSnapCollectionStore *self, const char *name,
                                             GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_resolve:
 *
 * Returns: (element-type utf8): the names of all domains that are members of @name, or of a
 * collection that is one, sorted, each once, owned by the caller. None if there are none.
 */
GPtrArray *virt_snap_collection_store_resolve(VirtSnapCollectionStore *self, const char *name,
                                              GError **error) G_GNUC_WARN_UNUSED_RESULT;

void virt_snap_collection_store_free(VirtSnapCollectionStore *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(VirtSnapCollectionStore, virt_snap_collection_store_free)

G_END_DECLS
