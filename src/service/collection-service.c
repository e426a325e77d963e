/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "bus/bus-path.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/collection-service.h"
#include "util/strings.h"
#include "virtsnap/collection-store.h"
#include "virtsnap/collection.h"
#include "virtsnap/drivers.h"
#include "virtsnap/snapshot-list.h"

struct CollectionService {
    GDBusObjectManagerServer *manager; /* owned */
    char *uri;
    VirtSnapCollectionStore *store;
    GFileMonitor *monitor; /* NULL: changes by others are not seen */
    GHashTable *paths;     /* of the objects that are there */
};

/* --- an object for each ---------------------------------------------------- */

/* What the members have in common: for one collection, in a thread, because libvirt takes its
 * time. */
typedef struct {
    char *uri;
    char *name;
    GDBusMethodInvocation *invocation;
} ListQuery;

static void
list_query_free(gpointer data)
{
    ListQuery *query = data;

    g_free(query->uri);
    g_free(query->name);
    g_free(query);
}

static void
list_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
    const ListQuery *query = data;
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    GError *error = NULL;
    g_autoptr(GPtrArray) domains =
        virt_snap_collection_store_resolve(store, query->name, &error);
    g_autoptr(Hypervisor) hypervisor =
        domains ? drivers_get()->open_hypervisor(query->uri, &error) : NULL;
    GPtrArray *names = hypervisor ? snapshot_list_common(hypervisor, domains, &error) : NULL;

    if (names)
        g_task_return_pointer(task, names, (GDestroyNotify)g_ptr_array_unref);
    else
        g_task_return_error(task, error);
}

static void
on_listed(GObject *source, GAsyncResult *result, gpointer data)
{
    const ListQuery *query = g_task_get_task_data(G_TASK(result));
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = g_task_propagate_pointer(G_TASK(result), &error);
    GVariantBuilder paths;

    if (!names) {
        access_return_error(query->invocation, error);
        return;
    }
    g_variant_builder_init(&paths, G_VARIANT_TYPE("ao"));
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *path = bus_path_snapshot(query->name, g_ptr_array_index(names, i));

        g_variant_builder_add(&paths, "o", path);
    }
    g_dbus_method_invocation_return_value(query->invocation, g_variant_new("(ao)", &paths));
}

static void
list_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ListQuery *query = g_new0(ListQuery, 1);
    g_autoptr(GTask) task = g_task_new(NULL, NULL, on_listed, NULL);

    query->uri = g_strdup(data);
    query->name =
        bus_path_parse_collection(g_dbus_method_invocation_get_object_path(invocation), NULL);
    query->invocation = invocation;
    g_task_set_task_data(task, query, list_query_free);
    g_task_run_in_thread(task, list_in_thread);
}

static gboolean
on_list_snapshots(BusCollection *object, GDBusMethodInvocation *invocation, gpointer data)
{
    const CollectionService *self = data;

    access_check(invocation, ACTION_READ, list_granted, g_strdup(self->uri), g_free);

    return TRUE;
}

static void
fill(BusCollection *bus, const VirtSnapCollection *collection)
{
    g_auto(GStrv) domains = strings_to_strv(collection->domains);
    g_auto(GStrv) collections = strings_to_strv(collection->collections);
    g_autofree char *definition = virt_snap_collection_format(collection);

    bus_collection_set_name(bus, collection->name);
    bus_collection_set_domains(bus, (const char *const *)domains);
    bus_collection_set_collections(bus, (const char *const *)collections);
    bus_collection_set_definition(bus, definition);
}

static void
add_object(CollectionService *self, const char *path, const VirtSnapCollection *collection)
{
    g_autoptr(BusObjectSkeleton) object = bus_object_skeleton_new(path);
    g_autoptr(BusCollection) bus = bus_collection_skeleton_new();

    fill(bus, collection);
    g_signal_connect(bus, "handle-list-snapshots", G_CALLBACK(on_list_snapshots), self);
    bus_object_skeleton_set_collection(object, bus);
    g_dbus_object_manager_server_export(self->manager, G_DBUS_OBJECT_SKELETON(object));
    g_hash_table_add(self->paths, g_strdup(path));
}

static void
update_object(CollectionService *self, const VirtSnapCollection *collection)
{
    g_autofree char *path = bus_path_collection(collection->name);
    g_autoptr(GDBusObject) object =
        g_dbus_object_manager_get_object(G_DBUS_OBJECT_MANAGER(self->manager), path);
    g_autoptr(BusCollection) bus = object ? bus_object_get_collection(BUS_OBJECT(object)) : NULL;

    if (bus)
        fill(bus, collection);
    else
        add_object(self, path, collection);
}

static void
remove_others(CollectionService *self, GPtrArray *collections)
{
    g_autoptr(GHashTable) there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    GHashTableIter iter;
    gpointer path;

    for (guint i = 0; i < collections->len; i++) {
        const VirtSnapCollection *collection = g_ptr_array_index(collections, i);

        g_hash_table_add(there, bus_path_collection(collection->name));
    }
    g_hash_table_iter_init(&iter, self->paths);
    while (g_hash_table_iter_next(&iter, &path, NULL)) {
        if (g_hash_table_contains(there, path))
            continue;
        g_dbus_object_manager_server_unexport(self->manager, path);
        g_hash_table_iter_remove(&iter);
    }
}

static void
refresh(CollectionService *self)
{
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) collections =
        virt_snap_collection_store_list(self->store, &problems, &error);

    if (!collections) {
        g_warning("collections: %s", error->message);
        return;
    }
    for (guint i = 0; i < problems->len; i++)
        g_warning("collections: %s", (const char *)g_ptr_array_index(problems, i));
    for (guint i = 0; i < collections->len; i++)
        update_object(self, g_ptr_array_index(collections, i));
    remove_others(self, collections);
}

/* --- methods --------------------------------------------------------------- */

/* Each takes the method's parameters and returns what it answers, or NULL with an error. */
typedef GVariant *(*Manage)(CollectionService *self, GVariant *parameters, GError **error);

typedef struct {
    CollectionService *self;
    Manage manage;
} ManageCall;

static GVariant *
define(CollectionService *self, GVariant *parameters, GError **error)
{
    const char *text;
    g_autoptr(GVariant) options = NULL;
    g_autoptr(VirtSnapCollection) collection = NULL;
    g_autofree char *path = NULL;
    gboolean create = FALSE;
    const BusOption known[] = {{"create", &create}, {NULL, NULL}};

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
destroy(CollectionService *self, GVariant *parameters, GError **error)
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
rename_to(CollectionService *self, GVariant *parameters, GError **error)
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
change_members(CollectionService *self, GVariant *parameters, ChangeMembers change, GError **error)
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
add_member(CollectionService *self, GVariant *parameters, GError **error)
{
    return change_members(self, parameters, virt_snap_collection_store_add, error);
}

static GVariant *
remove_member(CollectionService *self, GVariant *parameters, GError **error)
{
    return change_members(self, parameters, virt_snap_collection_store_remove, error);
}

static void
manage_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ManageCall *call = data;
    g_autoptr(GError) error = NULL;
    GVariant *answer =
        call->manage(call->self, g_dbus_method_invocation_get_parameters(invocation), &error);

    if (!answer) {
        access_return_error(invocation, error);
        return;
    }
    /* The objects are as the answer says before it is read. */
    refresh(call->self);
    g_dbus_method_invocation_return_value(invocation, answer);
}

static gboolean
manage(GDBusMethodInvocation *invocation, CollectionService *self, Manage what)
{
    ManageCall *call = g_new0(ManageCall, 1);

    *call = (ManageCall){self, what};
    access_check(invocation, ACTION_MANAGE_COLLECTIONS, manage_granted, call, g_free);

    return TRUE;
}

static gboolean
on_define(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
          const char *definition, GVariant *options, gpointer self)
{
    return manage(invocation, self, define);
}

static gboolean
on_destroy(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
           const char *collection, gpointer self)
{
    return manage(invocation, self, destroy);
}

static gboolean
on_rename(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
          const char *collection, const char *new_name, gpointer self)
{
    return manage(invocation, self, rename_to);
}

static gboolean
on_add(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
       const char *collection, const char *const *domains,
       const char *const *collections, gpointer self)
{
    return manage(invocation, self, add_member);
}

static gboolean
on_remove(BusCollectionManagementService *object, GDBusMethodInvocation *invocation,
          const char *collection, const char *const *domains,
          const char *const *collections, gpointer self)
{
    return manage(invocation, self, remove_member);
}

/* --- the whole ------------------------------------------------------------- */

static void
on_store_changed(GFileMonitor *monitor, GFile *file, GFile *other, GFileMonitorEvent event,
                 gpointer data)
{
    if (event != G_FILE_MONITOR_EVENT_CHANGED)
        refresh(data);
}

static void
watch_store(CollectionService *self)
{
    g_autoptr(GFile) directory =
        g_file_new_for_path(virt_snap_collection_store_get_directory(self->store));

    self->monitor = g_file_monitor_directory(directory, G_FILE_MONITOR_WATCH_MOVES, NULL, NULL);
    if (self->monitor)
        g_signal_connect(self->monitor, "changed", G_CALLBACK(on_store_changed), self);
}

CollectionService *
collection_service_new(GDBusObjectManagerServer *manager, BusObjectSkeleton *object,
                       const char *uri)
{
    CollectionService *self = g_new0(CollectionService, 1);
    g_autoptr(BusCollectionManagementService) bus =
        bus_collection_management_service_skeleton_new();

    self->manager = g_object_ref(manager);
    self->uri = g_strdup(uri);
    self->store = virt_snap_collection_store_new(NULL);
    self->paths = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_signal_connect(bus, "handle-define-collection", G_CALLBACK(on_define), self);
    g_signal_connect(bus, "handle-destroy-collection", G_CALLBACK(on_destroy), self);
    g_signal_connect(bus, "handle-rename-collection", G_CALLBACK(on_rename), self);
    g_signal_connect(bus, "handle-add-member", G_CALLBACK(on_add), self);
    g_signal_connect(bus, "handle-remove-member", G_CALLBACK(on_remove), self);
    bus_object_skeleton_set_collection_management_service(object, bus);
    refresh(self);
    watch_store(self);

    return self;
}

void
collection_service_free(CollectionService *self)
{
    if (!self)
        return;
    g_clear_object(&self->monitor);
    g_hash_table_unref(self->paths);
    virt_snap_collection_store_free(self->store);
    g_clear_object(&self->manager);
    g_free(self->uri);
    g_free(self);
}
