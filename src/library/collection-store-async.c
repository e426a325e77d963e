/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "library/collection-store-async.h"

typedef struct Call Call;

/* An operation for a thread. Parameters that it does not have are NULL. */
struct Call {
    gboolean (*change)(const Call *call, GError **error); /* NULL: it has a value */
    VirtSnapCollectionStore *store;
    VirtSnapCollection *collection;
    char *name;
    char *to;
    char **domains;
    char **collections;
};

static void
store_call_free(gpointer data)
{
    Call *call = data;

    virt_snap_collection_store_free(call->store);
    virt_snap_collection_free(call->collection);
    g_free(call->name);
    g_free(call->to);
    g_strfreev(call->domains);
    g_strfreev(call->collections);
    g_free(call);
}

/* Starts an operation in a thread. @call: copied. */
static void
start_store_call(const Call *call, GTaskThreadFunc func, gpointer tag, GCancellable *cancellable,
                 GAsyncReadyCallback callback, gpointer user_data)
{
    g_autoptr(GTask) task = g_task_new(NULL, cancellable, callback, user_data);
    Call *copy = g_new0(Call, 1);

    copy->change = call->change;
    copy->store = virt_snap_collection_store_copy(call->store);
    copy->collection = call->collection ? virt_snap_collection_copy(call->collection) : NULL;
    copy->name = g_strdup(call->name);
    copy->to = g_strdup(call->to);
    copy->domains = g_strdupv(call->domains);
    copy->collections = g_strdupv(call->collections);
    g_task_set_source_tag(task, tag);
    g_task_set_task_data(task, copy, store_call_free);
    /* The wait for another process cannot be interrupted, so a cancelled task returns at once while
     * its thread still waits. */
    g_task_set_return_on_cancel(task, TRUE);
    g_task_run_in_thread(task, func);
}

static void
change_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Call *call = data;
    GError *error = NULL;

    if (call->change(call, &error))
        g_task_return_boolean(task, TRUE);
    else
        g_task_return_error(task, error);
}

/* One that only succeeds or fails, as @change says. */
static void
start_change(const Call *call, gboolean (*change)(const Call *call, GError **error), gpointer tag,
             GCancellable *cancellable, GAsyncReadyCallback callback, gpointer user_data)
{
    Call with = *call;

    with.change = change;
    start_store_call(&with, change_in_thread, tag, cancellable, callback, user_data);
}

static void
return_pointer_result(GTask *task, gpointer value, GDestroyNotify free, GError *error)
{
    if (value)
        g_task_return_pointer(task, value, free);
    else
        g_task_return_error(task, error);
}

static gboolean
is_result_of(GAsyncResult *result, gpointer tag)
{
    return g_task_is_valid(result, NULL) && g_async_result_is_tagged(result, tag);
}

typedef struct {
    GPtrArray *collections;
    GPtrArray *problems;
} Listing;

static void
listing_free(gpointer data)
{
    Listing *listing = data;

    g_clear_pointer(&listing->collections, g_ptr_array_unref);
    g_clear_pointer(&listing->problems, g_ptr_array_unref);
    g_free(listing);
}

/* --- define ---------------------------------------------------------------- */

static gboolean
define_call(const Call *call, GError **error)
{
    return virt_snap_collection_store_define(call->store, call->collection, error);
}

void
virt_snap_collection_store_define_async(VirtSnapCollectionStore *self,
                                        const VirtSnapCollection *collection,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self, .collection = (VirtSnapCollection *)collection};

    start_change(&call, define_call, virt_snap_collection_store_define_async, cancellable,
                 callback, user_data);
}

gboolean
virt_snap_collection_store_define_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                         GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_define_async), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- create ---------------------------------------------------------------- */

static gboolean
create_call(const Call *call, GError **error)
{
    return virt_snap_collection_store_create(call->store, call->collection, error);
}

void
virt_snap_collection_store_create_async(VirtSnapCollectionStore *self,
                                        const VirtSnapCollection *collection,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(collection != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self, .collection = (VirtSnapCollection *)collection};

    start_change(&call, create_call, virt_snap_collection_store_create_async, cancellable,
                 callback, user_data);
}

gboolean
virt_snap_collection_store_create_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                         GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_create_async), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- list ------------------------------------------------------------------ */

static void
list_collections_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Call *call = data;
    Listing *listing = g_new0(Listing, 1);
    GError *error = NULL;

    listing->collections =
        virt_snap_collection_store_list(call->store, &listing->problems, &error);
    if (!listing->collections)
        g_clear_pointer(&listing, listing_free);
    return_pointer_result(task, listing, listing_free, error);
}

void
virt_snap_collection_store_list_async(VirtSnapCollectionStore *self, GCancellable *cancellable,
                                      GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self};

    start_store_call(&call, list_collections_in_thread, virt_snap_collection_store_list_async,
                     cancellable, callback, user_data);
}

GPtrArray *
virt_snap_collection_store_list_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                       GPtrArray **problems, GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_list_async), NULL);
    g_return_val_if_fail(problems != NULL, NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    Listing *listing = g_task_propagate_pointer(G_TASK(result), error);
    GPtrArray *collections = NULL;

    if (listing) {
        collections = g_steal_pointer(&listing->collections);
        *problems = g_steal_pointer(&listing->problems);
        listing_free(listing);
    }

    return collections;
}

/* --- load ------------------------------------------------------------------ */

static void
load_collection_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Call *call = data;
    GError *error = NULL;
    gpointer value = virt_snap_collection_store_load(call->store, call->name, &error);

    return_pointer_result(task, value, (GDestroyNotify)virt_snap_collection_free, error);
}

void
virt_snap_collection_store_load_async(VirtSnapCollectionStore *self, const char *name,
                                      GCancellable *cancellable, GAsyncReadyCallback callback,
                                      gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self, .name = (char *)name};

    start_store_call(&call, load_collection_in_thread, virt_snap_collection_store_load_async,
                     cancellable, callback, user_data);
}

VirtSnapCollection *
virt_snap_collection_store_load_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                       GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_load_async), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}

/* --- rename ---------------------------------------------------------------- */

static gboolean
rename_call(const Call *call, GError **error)
{
    return virt_snap_collection_store_rename(call->store, call->name, call->to, error);
}

void
virt_snap_collection_store_rename_async(VirtSnapCollectionStore *self, const char *name,
                                        const char *to, GCancellable *cancellable,
                                        GAsyncReadyCallback callback, gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(to != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self, .name = (char *)name, .to = (char *)to};

    start_change(&call, rename_call, virt_snap_collection_store_rename_async, cancellable,
                 callback, user_data);
}

gboolean
virt_snap_collection_store_rename_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                         GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_rename_async), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- add ------------------------------------------------------------------- */

static gboolean
add_call(const Call *call, GError **error)
{
    return virt_snap_collection_store_add(call->store, call->name, call->domains,
                                          call->collections, error);
}

void
virt_snap_collection_store_add_async(VirtSnapCollectionStore *self, const char *name,
                                     char *const *domains, char *const *collections,
                                     GCancellable *cancellable, GAsyncReadyCallback callback,
                                     gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self,
                       .name = (char *)name,
                       .domains = (char **)domains,
                       .collections = (char **)collections};

    start_change(&call, add_call, virt_snap_collection_store_add_async, cancellable,
                 callback, user_data);
}

gboolean
virt_snap_collection_store_add_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                      GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_add_async), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- remove ---------------------------------------------------------------- */

static gboolean
remove_call(const Call *call, GError **error)
{
    return virt_snap_collection_store_remove(call->store, call->name, call->domains,
                                             call->collections, error);
}

void
virt_snap_collection_store_remove_async(VirtSnapCollectionStore *self, const char *name,
                                        char *const *domains, char *const *collections,
                                        GCancellable *cancellable, GAsyncReadyCallback callback,
                                        gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self,
                       .name = (char *)name,
                       .domains = (char **)domains,
                       .collections = (char **)collections};

    start_change(&call, remove_call, virt_snap_collection_store_remove_async, cancellable,
                 callback, user_data);
}

gboolean
virt_snap_collection_store_remove_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                         GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_remove_async), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- undefine -------------------------------------------------------------- */

static gboolean
undefine_call(const Call *call, GError **error)
{
    return virt_snap_collection_store_undefine(call->store, call->name, error);
}

void
virt_snap_collection_store_undefine_async(VirtSnapCollectionStore *self, const char *name,
                                          GCancellable *cancellable, GAsyncReadyCallback callback,
                                          gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self, .name = (char *)name};

    start_change(&call, undefine_call, virt_snap_collection_store_undefine_async, cancellable,
                 callback, user_data);
}

gboolean
virt_snap_collection_store_undefine_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                           GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_undefine_async), FALSE);
    g_return_val_if_fail(error == NULL || *error == NULL, FALSE);

    return g_task_propagate_boolean(G_TASK(result), error);
}

/* --- resolve --------------------------------------------------------------- */

static void
resolve_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const Call *call = data;
    GError *error = NULL;
    gpointer value = virt_snap_collection_store_resolve(call->store, call->name, &error);

    return_pointer_result(task, value, (GDestroyNotify)g_ptr_array_unref, error);
}

void
virt_snap_collection_store_resolve_async(VirtSnapCollectionStore *self, const char *name,
                                         GCancellable *cancellable, GAsyncReadyCallback callback,
                                         gpointer user_data)
{
    g_return_if_fail(self != NULL);
    g_return_if_fail(name != NULL);
    g_return_if_fail(cancellable == NULL || G_IS_CANCELLABLE(cancellable));

    const Call call = {.store = self, .name = (char *)name};

    start_store_call(&call, resolve_in_thread, virt_snap_collection_store_resolve_async,
                     cancellable, callback, user_data);
}

GPtrArray *
virt_snap_collection_store_resolve_finish(VirtSnapCollectionStore *self, GAsyncResult *result,
                                          GError **error)
{
    g_return_val_if_fail(is_result_of(result, virt_snap_collection_store_resolve_async), NULL);
    g_return_val_if_fail(error == NULL || *error == NULL, NULL);

    return g_task_propagate_pointer(G_TASK(result), error);
}
