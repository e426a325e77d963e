/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <gio/gio.h>

#include "collection/collection-store.h"

G_BEGIN_DECLS

/* Asynchronous forms of the operations of a store, which wait for the disk and for other processes
 * that have locked the store. Each runs in a thread. An operation that is cancelled may have been
 * carried out all the same. The source object of callbacks is NULL. */

/**
 * virt_snap_collection_store_define_async:
 * @self: a store
 * @collection: the collection
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Stores a collection without blocking. See virt_snap_collection_store_define().
 */
void virt_snap_collection_store_define_async(VirtSnapCollectionStore *self,
                                             const VirtSnapCollection *collection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_define_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_define(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_define_async().
 *
 * Returns: whether the operation succeeded
 */
gboolean virt_snap_collection_store_define_finish(VirtSnapCollectionStore *self,
                                                  GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_create_async:
 * @self: a store
 * @collection: the collection
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Stores a new collection without blocking. See virt_snap_collection_store_create().
 */
void virt_snap_collection_store_create_async(VirtSnapCollectionStore *self,
                                             const VirtSnapCollection *collection,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_create_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_create(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_create_async().
 *
 * Returns: whether the operation succeeded
 */
gboolean virt_snap_collection_store_create_finish(VirtSnapCollectionStore *self,
                                                  GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_list_async:
 * @self: a store
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Lists all collections without blocking. See virt_snap_collection_store_list().
 */
void virt_snap_collection_store_list_async(VirtSnapCollectionStore *self,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_list_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @problems: (out) (transfer container) (element-type utf8): an error message for each file that
 * does not hold a valid collection or that may not be read
 * @error: as for virt_snap_collection_store_list(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_list_async().
 *
 * Returns: (transfer container) (element-type VirtSnapCollection): the valid collections, sorted by
 * name
 */
GPtrArray *virt_snap_collection_store_list_finish(VirtSnapCollectionStore *self,
                                                  GAsyncResult *result, GPtrArray **problems,
                                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_load_async:
 * @self: a store
 * @name: of a collection
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Loads a collection without blocking. See virt_snap_collection_store_load().
 */
void virt_snap_collection_store_load_async(VirtSnapCollectionStore *self, const char *name,
                                           GCancellable *cancellable,
                                           GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_load_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_load(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_load_async().
 *
 * Returns: (transfer full): the collection
 */
VirtSnapCollection *virt_snap_collection_store_load_finish(VirtSnapCollectionStore *self,
                                                           GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_rename_async:
 * @self: a store
 * @name: of a collection
 * @to: its new name
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Renames a collection without blocking. See virt_snap_collection_store_rename().
 */
void virt_snap_collection_store_rename_async(VirtSnapCollectionStore *self, const char *name,
                                             const char *to, GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_rename_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_rename(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_rename_async().
 *
 * Returns: whether the operation succeeded
 */
gboolean virt_snap_collection_store_rename_finish(VirtSnapCollectionStore *self,
                                                  GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_add_async:
 * @self: a store
 * @name: of a collection
 * @domains: (nullable) (array zero-terminated=1): names
 * @collections: (nullable) (array zero-terminated=1): likewise
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Adds members to a collection without blocking. See virt_snap_collection_store_add().
 */
void virt_snap_collection_store_add_async(VirtSnapCollectionStore *self, const char *name,
                                          char *const *domains, char *const *collections,
                                          GCancellable *cancellable, GAsyncReadyCallback callback,
                                          gpointer user_data);

/**
 * virt_snap_collection_store_add_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_add(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_add_async().
 *
 * Returns: whether the operation succeeded
 */
gboolean virt_snap_collection_store_add_finish(VirtSnapCollectionStore *self,
                                               GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_remove_async:
 * @self: a store
 * @name: of a collection
 * @domains: (nullable) (array zero-terminated=1): names
 * @collections: (nullable) (array zero-terminated=1): likewise
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Removes members from a collection without blocking. See virt_snap_collection_store_remove().
 */
void virt_snap_collection_store_remove_async(VirtSnapCollectionStore *self, const char *name,
                                             char *const *domains, char *const *collections,
                                             GCancellable *cancellable,
                                             GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_remove_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_remove(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_remove_async().
 *
 * Returns: whether the operation succeeded
 */
gboolean virt_snap_collection_store_remove_finish(VirtSnapCollectionStore *self,
                                                  GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_undefine_async:
 * @self: a store
 * @name: of a collection
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Removes a collection without blocking. See virt_snap_collection_store_undefine().
 */
void virt_snap_collection_store_undefine_async(VirtSnapCollectionStore *self, const char *name,
                                               GCancellable *cancellable,
                                               GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_undefine_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_undefine(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_undefine_async().
 *
 * Returns: whether the operation succeeded
 */
gboolean virt_snap_collection_store_undefine_finish(VirtSnapCollectionStore *self,
                                                    GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * virt_snap_collection_store_resolve_async:
 * @self: a store
 * @name: of a collection
 * @cancellable: (nullable): cancels the operation
 * @callback: (scope async): called when the operation has finished
 * @user_data: for @callback
 *
 * Lists all domains of a collection, including those of its member collections, without blocking.
 * See virt_snap_collection_store_resolve().
 */
void virt_snap_collection_store_resolve_async(VirtSnapCollectionStore *self, const char *name,
                                              GCancellable *cancellable,
                                              GAsyncReadyCallback callback, gpointer user_data);

/**
 * virt_snap_collection_store_resolve_finish:
 * @self: a store
 * @result: the result passed to the callback
 * @error: as for virt_snap_collection_store_resolve(), or G_IO_ERROR_CANCELLED
 *
 * Ends virt_snap_collection_store_resolve_async().
 *
 * Returns: (transfer container) (element-type utf8): names, sorted, each once
 */
GPtrArray *virt_snap_collection_store_resolve_finish(VirtSnapCollectionStore *self,
                                                     GAsyncResult *result, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
