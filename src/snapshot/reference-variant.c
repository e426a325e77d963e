/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/reference-variant.h"
#include "util/dictionary.h"

static GVariant *
point_member_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ReferencePointMember *member = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", member->domain);
    dictionary_add_text(&value, "state", reference_point_state_name(member->state));
    dictionary_add_text(&value, "reason", member->reason);
    if (member->creation_time > 0)
        dictionary_add_time(&value, "created", member->creation_time);

    return g_variant_builder_end(&value);
}

static GVariant *
point_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ReferencePoint *point = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", point->name);
    dictionary_add_flag(&value, "whole", reference_point_is_whole(point));
    dictionary_add_list(&value, "members", point->members, point_member_format, NULL);
    dictionary_add_text(&value, "export", point->export);
    dictionary_add_text(&value, "export-state",
                        point->export ? export_point_state_name(point->found) : NULL);

    return g_variant_builder_end(&value);
}

GVariant *
reference_points_format(GPtrArray *points)
{
    return dictionaries_new(points, point_format, NULL);
}
