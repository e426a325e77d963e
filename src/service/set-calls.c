/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "bus/bus-path.h"
#include "export/set-info-variant.h"
#include "hypervisor/drivers.h"
#include "service/access.h"
#include "service/set-calls.h"
#include "service/work.h"

/* A question. It runs in a thread. */
typedef struct {
    char *uri;
    char *collection;
    char *snapshot; /* NULL: all of the collection */
    GDBusMethodInvocation *invocation;
    GVariant *answer; /* NULL if error is set */
    GError *error;
} SetQuery;

static void
set_query_free(SetQuery *query)
{
    g_clear_pointer(&query->answer, g_variant_unref);
    g_clear_error(&query->error);
    g_free(query->uri);
    g_free(query->collection);
    g_free(query->snapshot);
    g_free(query);
}

static GVariant *
read_one(const SetQuery *query, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(SetInfo) info = set_info_new(hypervisor, query->collection, query->snapshot, error);

    return info ? g_variant_ref_sink(set_info_format(info, query->snapshot)) : NULL;
}

static void
run_set_query(gpointer data)
{
    SetQuery *query = data;
    g_autoptr(Hypervisor) hypervisor =
        drivers_get()->open_hypervisor(query->uri, &query->error);

    if (!hypervisor)
        return;
    query->answer = query->snapshot
                        ? read_one(query, hypervisor, &query->error)
                        : set_info_list(hypervisor, query->collection, &query->error);
}

static void
on_set_query_done(gpointer data)
{
    SetQuery *query = data;

    if (query->answer)
        access_return_value(query->invocation, g_variant_new_tuple(&query->answer, 1));
    else
        access_return_error(query->invocation, query->error);
    set_query_free(query);
}

/* @collection, @snapshot: (transfer full) */
static void
ask_for_sets(GDBusMethodInvocation *invocation, const char *uri, char *collection, char *snapshot)
{
    SetQuery *query = g_new0(SetQuery, 1);

    query->uri = g_strdup(uri);
    query->collection = collection;
    query->snapshot = snapshot;
    query->invocation = invocation;
    work_run(WORK_TARGET, NULL, run_set_query, on_set_query_done, query);
}

void
set_calls_info(GDBusMethodInvocation *invocation, gpointer uri)
{
    const char *path = g_dbus_method_invocation_get_object_path(invocation);
    char *collection = NULL;
    char *snapshot = NULL;

    /* The object is that of a set, or of a collection. */
    if (!bus_path_parse_snapshot(path, &collection, &snapshot, NULL)) {
        collection = bus_path_parse_collection(path, NULL);
        g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "(s)", &snapshot);
    }
    ask_for_sets(invocation, uri, collection, snapshot);
}

void
set_calls_list(GDBusMethodInvocation *invocation, gpointer uri)
{
    const char *path = g_dbus_method_invocation_get_object_path(invocation);

    ask_for_sets(invocation, uri, bus_path_parse_collection(path, NULL), NULL);
}
