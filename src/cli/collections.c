/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "bus/bus-path.h"
#include "cli/collections.h"
#include "cli/service.h"

/* --- with the service -------------------------------------------------------- */

static gboolean
call_manage_method(CliContext *cli, const char *method, GVariant *parameters, GError **error)
{
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionManagementService", method, parameters, NULL, error);

    return answer != NULL;
}

static gboolean
define_remote(CliContext *cli, const VirtSnapCollection *collection, gboolean create,
              GError **error)
{
    g_autofree char *xml = virt_snap_collection_format(collection);
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    g_variant_dict_insert(&options, "create", "b", create);

    return call_manage_method(cli, "DefineCollection",
                              g_variant_new("(s@a{sv})", xml, g_variant_dict_end(&options)), error);
}

static gboolean
change_remote(CliContext *cli, const char *method, const char *name, char *const *domains,
              char *const *collections, GError **error)
{
    g_autofree char *path = bus_path_collection(name);
    const char *none[] = {NULL};

    return call_manage_method(cli, method,
                              g_variant_new("(o^as^as)", path,
                                            domains ? domains : (char *const *)none,
                                            collections ? collections : (char *const *)none),
                              error);
}

static VirtSnapCollection *
parse_remote(BusCollection *bus, GError **error)
{
    const char *xml = bus_collection_get_definition(bus);

    return virt_snap_collection_parse(xml ? xml : "", xml ? strlen(xml) : 0, error);
}

static GPtrArray *
list_remote(CliContext *cli, GError **error)
{
    g_autoptr(GPtrArray) list =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);
    g_autoptr(GPtrArray) objects = cli_service_collections(cli, error);

    for (guint i = 0; objects && i < objects->len; i++) {
        VirtSnapCollection *collection = parse_remote(g_ptr_array_index(objects, i), error);

        if (!collection)
            return NULL;
        g_ptr_array_add(list, collection);
    }

    return objects ? g_steal_pointer(&list) : NULL;
}

static VirtSnapCollection *
load_remote(CliContext *cli, const char *name, GError **error)
{
    g_autoptr(GPtrArray) objects = cli_service_collections(cli, error);

    for (guint i = 0; objects && i < objects->len; i++) {
        if (g_strcmp0(bus_collection_get_name(g_ptr_array_index(objects, i)), name) == 0)
            return parse_remote(g_ptr_array_index(objects, i), error);
    }
    if (objects)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("There is no collection '%s'"), name);

    return NULL;
}

/* --- in the store or with the service ---------------------------------------- */

gboolean
collections_define(CliContext *cli, const VirtSnapCollection *collection, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (cli->globals.service)
        return define_remote(cli, collection, FALSE, error);

    return virt_snap_collection_store_define(store, collection, error);
}

gboolean
collections_create(CliContext *cli, const VirtSnapCollection *collection, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (cli->globals.service)
        return define_remote(cli, collection, TRUE, error);

    return virt_snap_collection_store_create(store, collection, error);
}

GPtrArray *
collections_list(CliContext *cli, GPtrArray **problems, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (!cli->globals.service)
        return virt_snap_collection_store_list(store, problems, error);
    /* The service reports files that it cannot read in its own log. */
    *problems = g_ptr_array_new();

    return list_remote(cli, error);
}

VirtSnapCollection *
collections_load(CliContext *cli, const char *name, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (cli->globals.service)
        return load_remote(cli, name, error);

    return virt_snap_collection_store_load(store, name, error);
}

gboolean
collections_rename(CliContext *cli, const char *name, const char *to, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autofree char *path = bus_path_collection(name);

    if (cli->globals.service)
        return call_manage_method(cli, "RenameCollection", g_variant_new("(os)", path, to), error);

    return virt_snap_collection_store_rename(store, name, to, error);
}

gboolean
collections_add(CliContext *cli, const char *name, char *const *domains, char *const *collections,
                GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (cli->globals.service)
        return change_remote(cli, "AddMember", name, domains, collections, error);

    return virt_snap_collection_store_add(store, name, domains, collections, error);
}

gboolean
collections_remove(CliContext *cli, const char *name, char *const *domains,
                   char *const *collections, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (cli->globals.service)
        return change_remote(cli, "RemoveMember", name, domains, collections, error);

    return virt_snap_collection_store_remove(store, name, domains, collections, error);
}

gboolean
collections_undefine(CliContext *cli, const char *name, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autofree char *path = bus_path_collection(name);

    if (cli->globals.service)
        return call_manage_method(cli, "DestroyCollection", g_variant_new("(o)", path), error);

    return virt_snap_collection_store_undefine(store, name, error);
}
