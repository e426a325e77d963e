/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/delete-show.h"
#include "cli/output.h"
#include "util/format.h"

static const char *
describe_method(const DeletePlan *plan, const DeleteDisk *disk)
{
    static const char *const texts[] = {
        [DELETE_NOTHING] = N_("nothing to merge"),
        [DELETE_MERGED] = N_("merged already"),
        [DELETE_ACTIVE] = N_("merged while it runs, and switched over"),
        [DELETE_MIDDLE] = N_("merged while it runs"),
        [DELETE_OFFLINE] = N_("merged by qemu-img"),
    };

    return plan->metadata ? _("left as it is") : _(texts[disk->method]);
}

static void
add_delete_row(Table *table, const DeletePlan *plan, const DeleteMember *member)
{
    const char *name = member->domain->name;

    if (member->internal)
        table_add(table, name, "-", _("deleted by libvirt, inside the images"), NULL);
    else if (member->disks->len == 0)
        table_add(table, name, "-", _("forgotten by libvirt"), NULL);
    for (guint i = 0; i < member->disks->len; i++) {
        const DeleteDisk *disk = g_ptr_array_index(member->disks, i);
        g_autofree char *size = format_bytes(disk->bytes);

        table_add(table, name, disk->target, describe_method(plan, disk),
                  disk->top ? disk->top->path : "-", disk->base ? disk->base->path : "-",
                  disk->bytes > 0 ? size : "-", NULL);
    }
}

void
delete_show(const DeletePlan *plan)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Disk"), _("What is done"), _("From"),
                                       _("Into"), _("At most"), NULL);

    for (guint i = 0; i < plan->members->len; i++)
        add_delete_row(table, plan, g_ptr_array_index(plan->members, i));
    table_print(table, TRUE);
}

/* --- JSON ----------------------------------------------------------------------- */

static JsonObject *
delete_disk_json(const DeleteDisk *disk)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "target", disk->target);
    json_set_text(object, "method", delete_method_name(disk->method));
    json_set_text(object, "from", disk->top ? disk->top->path : NULL);
    json_set_text(object, "into", disk->base ? disk->base->path : NULL);
    json_set_size(object, "bytes", disk->bytes);

    return object;
}

static JsonObject *
delete_member_json(const DeletePlan *plan, const DeleteMember *member)
{
    const char *kind = plan->metadata ? "metadata" : member->internal ? "internal" : "external";
    JsonObject *object = json_object_new();
    JsonArray *disks = json_array_new();

    json_set_text(object, "domain", member->domain->name);
    json_set_text(object, "kind", kind);
    json_set_text(object, "memory", member->memory);
    for (guint i = 0; i < member->disks->len; i++)
        json_array_add_object_element(disks, delete_disk_json(g_ptr_array_index(member->disks, i)));
    json_object_set_array_member(object, "disks", disks);

    return object;
}

JsonObject *
delete_show_json(const DeletePlan *plan, GPtrArray *warnings)
{
    JsonObject *object = json_object_new();
    JsonArray *members = json_array_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "collection", plan->collection);
    json_set_text(object, "snapshot", plan->snapshot);
    for (guint i = 0; i < plan->members->len; i++)
        json_array_add_object_element(
            members, delete_member_json(plan, g_ptr_array_index(plan->members, i)));
    json_object_set_array_member(object, "members", members);
    json_set_texts(object, "warnings", warnings);

    return object;
}
