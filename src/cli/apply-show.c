/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/apply-show.h"
#include "cli/output.h"

static void
add_apply_row(Table *table, const ApplyMember *member)
{
    const char *name = member->domain->name;
    const char *how =
        member->method == APPLY_BY_LIBVIRT ? _("by libvirt") : _("on a new layer");

    if (member->disks->len == 0)
        table_add(table, name, "-", how, NULL);
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);

        table_add(table, name, disk->target, how, disk->base->path, disk->present->path, NULL);
    }
}

void
apply_show(const ApplyPlan *plan)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Disk"), _("What is done"), _("Back to"),
                                       _("From"), NULL);

    for (guint i = 0; i < plan->members->len; i++)
        add_apply_row(table, g_ptr_array_index(plan->members, i));
    table_print(table, TRUE);
}

/* --- JSON ----------------------------------------------------------------------- */

static JsonObject *
apply_disk_json(const ApplyMember *member, const ApplyDisk *disk)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "target", disk->target);
    json_set_text(object, "frozen", disk->base->path);
    json_set_text(object, "present", disk->present->path);
    json_set_text(object, "overlay", member->method == APPLY_BY_OVERLAY ? disk->overlay : NULL);

    return object;
}

static JsonObject *
apply_member_json(const ApplyMember *member)
{
    JsonObject *object = json_object_new();
    JsonArray *disks = json_array_new();

    json_set_text(object, "domain", member->domain->name);
    json_set_text(object, "kind", member->internal ? "internal" : "external");
    json_set_text(object, "method", apply_method_name(member->method));
    for (guint i = 0; i < member->disks->len; i++)
        json_array_add_object_element(disks,
                                      apply_disk_json(member, g_ptr_array_index(member->disks, i)));
    json_object_set_array_member(object, "disks", disks);

    return object;
}

JsonObject *
apply_show_json(const ApplyPlan *plan, GPtrArray *warnings)
{
    JsonObject *object = json_object_new();
    JsonArray *members = json_array_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "collection", plan->collection);
    json_set_text(object, "snapshot", plan->snapshot);
    json_set_text(object, "before", plan->discard ? NULL : plan->before);
    for (guint i = 0; i < plan->members->len; i++)
        json_array_add_object_element(members,
                                      apply_member_json(g_ptr_array_index(plan->members, i)));
    json_object_set_array_member(object, "members", members);
    json_set_texts(object, "warnings", warnings);

    return object;
}
