/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/delete-show.h"
#include "cli/dictionary-show.h"
#include "snapshot/delete-plan.h"
#include "util/dictionary.h"

/* Returns: (transfer none): what is done with a disk, for people. */
static const char *
describe_method(GVariant *disk)
{
    static const char *const texts[] = {
        [DELETE_NOTHING] = N_("nothing to merge"),
        [DELETE_MERGED] = N_("merged already"),
        [DELETE_ACTIVE] = N_("merged while it runs, and switched over"),
        [DELETE_MIDDLE] = N_("merged while it runs"),
        [DELETE_OFFLINE] = N_("merged by qemu-img"),
    };
    const char *method = dictionary_cell(disk, "method");

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (g_str_equal(method, delete_method_name(i)))
            return _(texts[i]);
    }

    return method;
}

/* Where the rows of a domain's disks go. */
typedef struct {
    Table *table;
    GVariant *member;
    guint disks;
} DeleteRows;

static void
add_deleted_disk(GVariant *disk, gpointer data)
{
    DeleteRows *rows = data;
    g_autofree char *size = dictionary_size_text(disk, "bytes");

    rows->disks++;
    table_add(rows->table, dictionary_cell(rows->member, "domain"),
              dictionary_cell(disk, "target"), describe_method(disk),
              dictionary_cell(disk, "from"), dictionary_cell(disk, "into"),
              dictionary_size(disk, "bytes") > 0 ? size : "-", NULL);
}

static void
add_deleted_member(GVariant *member, gpointer table)
{
    DeleteRows rows = {.table = table, .member = member};
    const char *name = dictionary_cell(member, "domain");

    dictionaries_each(member, "disks", add_deleted_disk, &rows);
    if (g_str_equal(dictionary_cell(member, "kind"), "internal"))
        table_add(table, name, "-", _("deleted by libvirt, inside the images"), NULL);
    else if (rows.disks == 0)
        table_add(table, name, "-", _("forgotten by libvirt"), NULL);
}

/* --- JSON ----------------------------------------------------------------------- */

static JsonObject *
delete_disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target", "method", "from", "into", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);
    json_set_size(object, "bytes", dictionary_size(disk, "bytes"));

    return object;
}

static JsonObject *
delete_member_json(GVariant *member)
{
    static const char *const keys[] = {"domain", "kind", "memory", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, member, keys);
    json_set_dictionaries(object, member, "disks", delete_disk_json);

    return object;
}

JsonObject *
delete_show_json(GVariant *plan)
{
    static const char *const keys[] = {"collection", "snapshot", NULL};
    g_autoptr(GPtrArray) warnings = dictionary_texts(plan, "warnings");
    const char *point = dictionary_text(plan, "referencePoint");
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_copy_texts(object, plan, keys);
    json_set_dictionaries(object, plan, "members", delete_member_json);
    json_set_texts(object, "warnings", warnings);
    if (point)
        json_set_text(object, "referencePoint", point);

    return object;
}

/* --- the plan ---------------------------------------------------------------------- */

int
delete_tell_plan(CliContext *cli, GVariant *plan)
{
    g_autoptr(Table) table = NULL;

    if (cli->globals.json) {
        cli_result(cli, delete_show_json(plan));
        return CLI_DONE;
    }
    dictionary_warn(plan);
    table = table_new(_("Domain"), _("Disk"), _("What is done"), _("From"), _("Into"),
                      _("At most"), NULL);
    dictionaries_each(plan, "members", add_deleted_member, table);
    table_print(table, TRUE);

    return CLI_DONE;
}
