/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "bus/bus-path.h"
#include "collection/members.h"
#include "hypervisor/drivers.h"
#include "service/access.h"
#include "service/reference-list.h"
#include "service/work.h"
#include "snapshot/reference-variant.h"

typedef struct {
    char *uri;
    char *name; /* name of the collection */
    GDBusMethodInvocation *invocation;
    GPtrArray *points; /* ReferencePoint; NULL: not known */
    GError *error;
} PointsQuery;

static void
points_query_free(PointsQuery *query)
{
    g_free(query->uri);
    g_free(query->name);
    g_clear_pointer(&query->points, g_ptr_array_unref);
    g_clear_error(&query->error);
    g_free(query);
}

/* Runs in a thread, because libvirt may take long. */
static void
find_points(gpointer data)
{
    PointsQuery *query = data;
    g_autoptr(Members) members = members_new(query->name, NULL, &query->error);
    g_autoptr(Hypervisor) hypervisor =
        members ? drivers_get()->open_hypervisor(query->uri, &query->error) : NULL;

    if (hypervisor)
        query->points = reference_point_list(hypervisor, members->domains, &query->error);
}

static void
on_points_found(gpointer data)
{
    PointsQuery *query = data;

    if (query->points)
        access_return_value(query->invocation,
                            g_variant_new("(@aa{sv})", reference_points_format(query->points)));
    else
        access_return_error(query->invocation, query->error);
    points_query_free(query);
}

void
reference_list_granted(GDBusMethodInvocation *invocation, gpointer uri)
{
    PointsQuery *query = g_new0(PointsQuery, 1);

    query->uri = g_strdup(uri);
    query->name =
        bus_path_parse_collection(g_dbus_method_invocation_get_object_path(invocation), NULL);
    query->invocation = invocation;
    work_run(WORK_TARGET, NULL, find_points, on_points_found, query);
}
