/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/reference-variant.h"
#include "util/dictionary.h"

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
    dictionary_add_flag(points, "whole", reference_point_is_whole(point));
    g_variant_builder_add(points, "{sv}", "members", g_variant_builder_end(&members));
    dictionary_add_text(points, "export", point->export);
    dictionary_add_text(points, "export-state",
                        point->export ? export_point_state_name(point->found) : NULL);
    g_variant_builder_close(points);
}

GVariant *
reference_points_format(GPtrArray *points)
{
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < points->len; i++)
        add_point(&list, g_ptr_array_index(points, i));

    return g_variant_builder_end(&list);
}
