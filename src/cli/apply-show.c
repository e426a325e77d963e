/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/apply-show.h"
#include "cli/dictionary-show.h"
#include "snapshot/apply-plan.h"
#include "util/dictionary.h"

/* Where the rows of a domain's disks go. */
typedef struct {
    Table *table;
    GVariant *member;
    const char *how;
    guint disks;
} ApplyRows;

static void
add_applied_disk(GVariant *disk, gpointer data)
{
    ApplyRows *rows = data;

    rows->disks++;
    table_add(rows->table, dictionary_cell(rows->member, "domain"),
              dictionary_cell(disk, "target"), rows->how, dictionary_cell(disk, "frozen"),
              dictionary_cell(disk, "present"), NULL);
}

static void
add_applied_member(GVariant *member, gpointer table)
{
    const char *by_libvirt = apply_method_name(APPLY_BY_LIBVIRT);
    ApplyRows rows = {
        .table = table,
        .member = member,
        .how = g_str_equal(dictionary_cell(member, "method"), by_libvirt) ? _("by libvirt")
                                                                          : _("on a new layer"),
    };

    dictionaries_each(member, "disks", add_applied_disk, &rows);
    if (rows.disks == 0)
        table_add(table, dictionary_cell(member, "domain"), "-", rows.how, NULL);
}

/* --- JSON ----------------------------------------------------------------------- */

static JsonObject *
apply_disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target", "frozen", "present", "overlay", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);

    return object;
}

static JsonObject *
apply_member_json(GVariant *member)
{
    static const char *const keys[] = {"domain", "kind", "method", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, member, keys);
    json_set_dictionaries(object, member, "disks", apply_disk_json);

    return object;
}

JsonObject *
apply_show_json(GVariant *plan)
{
    static const char *const keys[] = {"collection", "snapshot", "before", NULL};
    g_autoptr(GPtrArray) warnings = dictionary_texts(plan, "warnings");
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_copy_texts(object, plan, keys);
    json_set_dictionaries(object, plan, "members", apply_member_json);
    json_set_texts(object, "warnings", warnings);

    return object;
}

/* --- the plan ---------------------------------------------------------------------- */

int
apply_tell_plan(CliContext *cli, GVariant *plan)
{
    g_autoptr(Table) table = NULL;

    if (cli->globals.json) {
        cli_result(cli, apply_show_json(plan));
        return CLI_DONE;
    }
    dictionary_warn(plan);
    table = table_new(_("Domain"), _("Disk"), _("What is done"), _("Back to"), _("From"), NULL);
    dictionaries_each(plan, "members", add_applied_member, table);
    table_print(table, TRUE);

    return CLI_DONE;
}
