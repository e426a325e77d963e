/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "bus/bus-path.h"
#include "collection/members.h"
#include "hypervisor/drivers.h"
#include "service/access.h"
#include "service/reference-list.h"
#include "service/work.h"
#include "snapshot/reference-point.h"
#include "util/dictionary.h"

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
add_point_member(GVariantBuilder *members, const ReferencePointMember *member)
{
    g_variant_builder_open(members, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(members, "domain", member->domain);
    dictionary_add_text(members, "state", reference_point_state_name(member->state));
    dictionary_add_text(members, "reason", member->reason);
    if (member->creation_time > 0)
        g_variant_builder_add(members, "{sv}", "created",
                              g_variant_new_int64(member->creation_time));
    g_variant_builder_close(members);
}

static void
add_point(GVariantBuilder *points, const ReferencePoint *point)
{
    GVariantBuilder members;

    g_variant_builder_init(&members, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < point->members->len; i++)
        add_point_member(&members, g_ptr_array_index(point->members, i));
    g_variant_builder_open(points, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(points, "name", point->name);
    g_variant_builder_add(points, "{sv}", "whole",
                          g_variant_new_boolean(reference_point_is_whole(point)));
    g_variant_builder_add(points, "{sv}", "members", g_variant_builder_end(&members));
    dictionary_add_text(points, "export", point->export);
    dictionary_add_text(points, "export-state",
                            point->export ? export_point_state_name(point->found) : NULL);
    g_variant_builder_close(points);
}

static void
on_points_found(gpointer data)
{
    PointsQuery *query = data;
    GVariantBuilder points;

    if (!query->points) {
        access_return_error(query->invocation, query->error);
        points_query_free(query);
        return;
    }
    g_variant_builder_init(&points, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < query->points->len; i++)
        add_point(&points, g_ptr_array_index(query->points, i));
    access_return_value(query->invocation, g_variant_new("(aa{sv})", &points));
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
