/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "bus/bus-path.h"
#include "collection/collection-store.h"
#include "collection/collection.h"
#include "hypervisor/drivers.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/collection-service.h"
#include "service/object-set.h"
#include "service/reference-list.h"
#include "service/set-calls.h"
#include "service/store-follower.h"
#include "service/work.h"
#include "snapshot/snapshot-list.h"
#include "util/strings.h"

/* Maximal size of all definitions together. Each is on the bus twice, as a document and as a list
 * of members. */
#define BUS_BYTES_MAX (VIRT_SNAP_COLLECTIONS_BYTES_MAX + ((gsize)1 << 20))

struct CollectionService {
    ObjectSet *objects;
    StoreFollower *follower;
    char *uri;
    VirtSnapCollectionStore *store;
};

/* --- an object for each ---------------------------------------------------- */

/* A query for the snapshots that all members of a collection have. It runs in a thread, because
 * libvirt may take long. */
typedef struct {
    char *uri;
    char *name;
    GDBusMethodInvocation *invocation;
    GPtrArray *names; /* NULL if error is set */
    GError *error;
} ListQuery;

static void
list_query_free(ListQuery *query)
{
    g_clear_pointer(&query->names, g_ptr_array_unref);
    g_clear_error(&query->error);
    g_free(query->uri);
    g_free(query->name);
    g_free(query);
}

static void
list_common_snapshots(gpointer data)
{
    ListQuery *query = data;
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autoptr(GPtrArray) domains =
        virt_snap_collection_store_resolve(store, query->name, &query->error);
    g_autoptr(Hypervisor) hypervisor =
        domains ? drivers_get()->open_hypervisor(query->uri, &query->error) : NULL;

    if (hypervisor)
        query->names = snapshot_list_common(hypervisor, domains, &query->error);
}

static void
on_snapshots_listed(gpointer data)
{
    ListQuery *query = data;
    GVariantBuilder paths;

    if (!query->names) {
        access_return_error(query->invocation, query->error);
        list_query_free(query);
        return;
    }
    g_variant_builder_init(&paths, G_VARIANT_TYPE("ao"));
    for (guint i = 0; i < query->names->len; i++) {
        g_autofree char *path =
            bus_path_snapshot(query->name, g_ptr_array_index(query->names, i));

        g_variant_builder_add(&paths, "o", path);
    }
    access_return_value(query->invocation, g_variant_new("(ao)", &paths));
    list_query_free(query);
}

static void
on_list_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ListQuery *query = g_new0(ListQuery, 1);

    query->uri = g_strdup(data);
    query->name =
        bus_path_parse_collection(g_dbus_method_invocation_get_object_path(invocation), NULL);
    query->invocation = invocation;
    work_run(WORK_TARGET, NULL, list_common_snapshots, on_snapshots_listed, query);
}

static gboolean
on_list_snapshots(BusCollection *object, GDBusMethodInvocation *invocation, gpointer data)
{
    const CollectionService *self = data;

    access_check(invocation, ACTION_READ, on_list_granted, g_strdup(self->uri), g_free);

    return TRUE;
}

static gboolean
on_list_reference_points(BusCollection *object, GDBusMethodInvocation *invocation, gpointer data)
{
    const CollectionService *self = data;

    access_check(invocation, ACTION_READ, reference_list_granted, g_strdup(self->uri), g_free);

    return TRUE;
}

static gboolean
on_get_snapshots(BusCollection *object, GDBusMethodInvocation *invocation, gpointer data)
{
    const CollectionService *self = data;

    access_check(invocation, ACTION_READ, set_calls_list, g_strdup(self->uri), g_free);

    return TRUE;
}

static gboolean
on_get_snapshot_info(BusCollection *object, GDBusMethodInvocation *invocation,
                     const char *snapshot, gpointer data)
{
    const CollectionService *self = data;

    access_check(invocation, ACTION_READ, set_calls_info, g_strdup(self->uri), g_free);

    return TRUE;
}

static void
fill_collection_object(BusCollection *bus, const VirtSnapCollection *collection,
                       const char *definition)
{
    g_auto(GStrv) domains = strings_to_strv(collection->domains);
    g_auto(GStrv) collections = strings_to_strv(collection->collections);

    bus_collection_set_name(bus, collection->name);
    bus_collection_set_domains(bus, (const char *const *)domains);
    bus_collection_set_collections(bus, (const char *const *)collections);
    bus_collection_set_definition(bus, definition);
}

static void
add_collection_object(CollectionService *self, const char *path,
                      const VirtSnapCollection *collection, const char *definition)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(path);
    g_autoptr(BusCollection) bus = bus_collection_skeleton_new();

    fill_collection_object(bus, collection, definition);
    g_signal_connect(bus, "handle-list-snapshots", G_CALLBACK(on_list_snapshots), self);
    g_signal_connect(bus, "handle-get-snapshots", G_CALLBACK(on_get_snapshots), self);
    g_signal_connect(bus, "handle-get-snapshot-info", G_CALLBACK(on_get_snapshot_info), self);
    g_signal_connect(bus, "handle-list-reference-points", G_CALLBACK(on_list_reference_points),
                     self);
    bus_object_skeleton_set_collection(object, bus);
    object_set_export(self->objects, G_DBUS_OBJECT_SKELETON(object));
}

static void
show_collection(CollectionService *self, const VirtSnapCollection *collection,
                const char *definition)
{
    g_autofree char *path = bus_path_collection(collection->name);
    g_autoptr(GDBusObject) object = object_set_keep(self->objects, path);
    g_autoptr(BusCollection) bus = object ? bus_object_get_collection(BUS_OBJECT(object)) : NULL;

    if (bus)
        fill_collection_object(bus, collection, definition);
    else
        add_collection_object(self, path, collection, definition);
}

/* --- following the store ----------------------------------------------------- */

/* What one reading of the store has found. */
typedef struct {
    GPtrArray *collections;
    GPtrArray *definitions; /* char *: the documents of the collections that fit into a message */
    GPtrArray *problems;
} Reading;

static void
store_reading_free(gpointer data)
{
    Reading *reading = data;

    g_clear_pointer(&reading->collections, g_ptr_array_unref);
    g_clear_pointer(&reading->definitions, g_ptr_array_unref);
    g_clear_pointer(&reading->problems, g_ptr_array_unref);
    g_free(reading);
}

/* Formats the collections. A store with files written by hand can hold more than fits into one
 * D-Bus message; the rest is not put on the bus, and a warning says so. */
static void
format_definitions(Reading *reading)
{
    gsize bytes = 0;

    reading->definitions = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < reading->collections->len; i++) {
        const VirtSnapCollection *collection = g_ptr_array_index(reading->collections, i);
        char *text = virt_snap_collection_format(collection);

        bytes += strlen(text);
        if (bytes > BUS_BYTES_MAX || i == VIRT_SNAP_COLLECTIONS_MAX) {
            g_ptr_array_add(reading->problems,
                            g_strdup_printf(_("'%s' and those behind it are too much to be shown "
                                              "on the bus; remove members, or collections that "
                                              "are not needed"),
                                            collection->name));
            g_free(text);
            g_ptr_array_set_size(reading->collections, (gint)i);
            break;
        }
        g_ptr_array_add(reading->definitions, text);
    }
}

static gpointer
read_collections(gpointer owner, GError **error)
{
    CollectionService *self = owner;
    Reading *reading = g_new0(Reading, 1);

    reading->collections =
        virt_snap_collection_store_list(self->store, &reading->problems, error);
    if (!reading->collections) {
        store_reading_free(reading);
        return NULL;
    }
    format_definitions(reading);

    return reading;
}

static void
show_collections(gpointer owner, gpointer content)
{
    CollectionService *self = owner;
    const Reading *reading = content;

    for (guint i = 0; i < reading->problems->len; i++)
        g_warning("collections: %s", (const char *)g_ptr_array_index(reading->problems, i));
    object_set_begin(self->objects);
    for (guint i = 0; i < reading->collections->len; i++)
        show_collection(self, g_ptr_array_index(reading->collections, i),
                        g_ptr_array_index(reading->definitions, i));
    object_set_end(self->objects);
}

static const StoreFollowerOps follower_ops = {
    .what = "collections",
    .read = read_collections,
    .show = show_collections,
    .free = store_reading_free,
};

/* --- methods --------------------------------------------------------------- */

/* Implements one method. Called in a thread with the parameters of the method. Returns: the answer,
 * or NULL with an error. */
typedef GVariant *(*Manage)(CollectionService *self, GVariant *parameters, GError **error);

typedef struct {
    CollectionService *self;
    Manage manage;
    GDBusMethodInvocation *invocation;
    GVariant *answer; /* floating; NULL if error is set */
    GError *error;
} ManageCall;

static GVariant *
define_collection(CollectionService *self, GVariant *parameters, GError **error)
{
    const char *text;
    g_autoptr(GVariant) options = NULL;
    g_autoptr(VirtSnapCollection) collection = NULL;
    g_autofree char *path = NULL;
    gboolean create = FALSE;
    const BusOption known[] = {{"create", &create, NULL}, {NULL, NULL, NULL}};

    g_variant_get(parameters, "(&s@a{sv})", &text, &options);
    if (!bus_options_parse(options, known, error))
        return NULL;
    collection = virt_snap_collection_parse(text, strlen(text), error);
    if (!collection)
        return NULL;
    if (!(create ? virt_snap_collection_store_create(self->store, collection, error)
                 : virt_snap_collection_store_define(self->store, collection, error)))
        return NULL;
    path = bus_path_collection(collection->name);

    return g_variant_new("(o)", path);
}

static GVariant *
destroy_collection(CollectionService *self, GVariant *parameters, GError **error)
{
    const char *path;
    g_autofree char *name = NULL;

    g_variant_get(parameters, "(&o)", &path);
    name = bus_path_parse_collection(path, error);
    if (!name || !virt_snap_collection_store_undefine(self->store, name, error))
        return NULL;

    return g_variant_new("()");
}

static GVariant *
rename_stored_collection(CollectionService *self, GVariant *parameters, GError **error)
{
    const char *path;
    const char *to;
    g_autofree char *name = NULL;
    g_autofree char *renamed = NULL;

    g_variant_get(parameters, "(&o&s)", &path, &to);
    name = bus_path_parse_collection(path, error);
    if (!name || !virt_snap_collection_store_rename(self->store, name, to, error))
        return NULL;
    renamed = bus_path_collection(to);

    return g_variant_new("(o)", renamed);
}

typedef gboolean (*ChangeMembers)(VirtSnapCollectionStore *store, const char *name,
                                  char *const *domains, char *const *collections, GError **error);

static GVariant *
change_collection_members(CollectionService *self, GVariant *parameters, ChangeMembers change,
                          GError **error)
{
    const char *path;
    g_auto(GStrv) domains = NULL;
    g_auto(GStrv) collections = NULL;
    g_autofree char *name = NULL;

    g_variant_get(parameters, "(&o^as^as)", &path, &domains, &collections);
    name = bus_path_parse_collection(path, error);
    if (!name || !change(self->store, name, domains, collections, error))
        return NULL;

    return g_variant_new("()");
}

static GVariant *
add_collection_member(CollectionService *self, GVariant *parameters, GError **error)
{
    return change_collection_members(self, parameters, virt_snap_collection_store_add, error);
}

static GVariant *
remove_collection_member(CollectionService *self, GVariant *parameters, GError **error)
{
    return change_collection_members(self, parameters, virt_snap_collection_store_remove, error);
}

static void
run_manage_method(gpointer data)
{
    ManageCall *call = data;

    call->answer = call->manage(call->self,
                                g_dbus_method_invocation_get_parameters(call->invocation),
                                &call->error);
}

static void
on_manage_done(gpointer data)
{
    ManageCall *call = data;

    if (call->answer)
        store_follower_answer(call->self->follower, call->invocation, call->answer);
    else
        access_return_error(call->invocation, call->error);
    g_clear_error(&call->error);
    g_free(call);
}

/* Calls of one sender are processed in the order in which they arrived. */
static void
on_manage_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ManageCall *call = g_memdup2(data, sizeof *call);

    call->invocation = invocation;
    work_run(WORK_STORE, g_dbus_method_invocation_get_sender(invocation), run_manage_method,
             on_manage_done, call);
}

static gboolean
manage_collections(GDBusMethodInvocation *invocation, CollectionService *self, Manage what)
{
    ManageCall *call = g_new0(ManageCall, 1);

    call->self = self;
    call->manage = what;
    access_check(invocation, ACTION_MANAGE_COLLECTIONS, on_manage_granted, call, g_free);

    return TRUE;
}

static gboolean
on_define_collection(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
                     const char *definition, GVariant *options, gpointer self)
{
    return manage_collections(invocation, self, define_collection);
}

static gboolean
on_destroy_collection(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
                      const char *collection, gpointer self)
{
    return manage_collections(invocation, self, destroy_collection);
}

static gboolean
on_rename_collection(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
                     const char *collection, const char *new_name, gpointer self)
{
    return manage_collections(invocation, self, rename_stored_collection);
}

static gboolean
on_add_member(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
              const char *collection, const char *const *domains,
              const char *const *collections, gpointer self)
{
    return manage_collections(invocation, self, add_collection_member);
}

static gboolean
on_remove_member(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
                 const char *collection, const char *const *domains,
                 const char *const *collections, gpointer self)
{
    return manage_collections(invocation, self, remove_collection_member);
}

/* --- constructor and destructor -------------------------------------------- */

CollectionService *
collection_service_new(GDBusObjectManagerServer *manager, BusObjectSkeleton *object,
                       const char *uri, void (*ready)(gpointer data), gpointer data)
{
    CollectionService *self = g_new0(CollectionService, 1);
    g_autoptr(BusCollectionManagementService) bus =
        bus_collection_management_service_skeleton_new();

    self->objects = object_set_new(manager);
    self->uri = g_strdup(uri);
    self->store = virt_snap_collection_store_new(NULL);
    g_signal_connect(bus, "handle-define-collection", G_CALLBACK(on_define_collection), self);
    g_signal_connect(bus, "handle-destroy-collection", G_CALLBACK(on_destroy_collection), self);
    g_signal_connect(bus, "handle-rename-collection", G_CALLBACK(on_rename_collection), self);
    g_signal_connect(bus, "handle-add-member", G_CALLBACK(on_add_member), self);
    g_signal_connect(bus, "handle-remove-member", G_CALLBACK(on_remove_member), self);
    bus_object_skeleton_set_collection_management_service(object, bus);
    self->follower =
        store_follower_new(virt_snap_collection_store_get_directory(self->store), &follower_ops,
                           self, ready, data);

    return self;
}

void
collection_service_free(CollectionService *self)
{
    if (!self)
        return;
    store_follower_free(self->follower);
    object_set_free(self->objects);
    virt_snap_collection_store_free(self->store);
    g_free(self->uri);
    g_free(self);
}
