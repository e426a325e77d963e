/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/dictionary-show.h"
#include "cli/plan-show.h"
#include "util/dictionary.h"

/* Of a layer: how many disks need it. */
static guint
users_of(GVariant *layer)
{
    guint users = 0;

    g_variant_lookup(layer, "users", "u", &users);

    return users;
}

/* --- JSON ----------------------------------------------------------------- */

static JsonObject *
plan_disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target",   "device",   "snapshot", "layer",
                                       "internal", "recorded", "source",   "checkpoint",
                                       NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);

    return object;
}

static JsonObject *
plan_snapshot_json(GVariant *snapshot)
{
    static const char *const keys[] = {"name", "kind", "consistency", "reason", NULL};
    JsonObject *object = json_object_new();
    gint64 created = 0;

    g_variant_lookup(snapshot, "created", "x", &created);
    json_copy_texts(object, snapshot, keys);
    json_object_set_int_member(object, "creationTime", created);
    json_object_set_boolean_member(object, "memory", dictionary_flag(snapshot, "memory"));
    json_set_dictionaries(object, snapshot, "disks", plan_disk_json);

    return object;
}

static JsonObject *
plan_domain_json(GVariant *domain)
{
    static const char *const keys[] = {"name", "uuid", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, domain, keys);
    json_set_dictionaries(object, domain, "snapshots", plan_snapshot_json);

    return object;
}

static JsonObject *
plan_layer_json(GVariant *layer)
{
    static const char *const keys[] = {"file", "way", "format", "source", "backing", "since",
                                       NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, layer, keys);
    json_set_size(object, "capacity", dictionary_size(layer, "capacity"));
    json_set_size(object, "bytes", dictionary_size(layer, "bytes"));
    json_object_set_int_member(object, "users", users_of(layer));

    return object;
}

static JsonObject *
plan_file_json(GVariant *file)
{
    static const char *const keys[] = {"path", "role", "source", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, file, keys);
    json_set_size(object, "bytes", dictionary_size(file, "bytes"));

    return object;
}

static JsonObject *
export_plan_json(GVariant *plan)
{
    static const char *const keys[] = {"export", "collection", "snapshot", "base", NULL};
    g_autoptr(GPtrArray) warnings = dictionary_texts(plan, "warnings");
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_object_set_boolean_member(object, "dryRun", TRUE);
    json_copy_texts(object, plan, keys);
    json_set_size(object, "bytes", dictionary_size(plan, "bytes"));
    json_set_dictionaries(object, plan, "domains", plan_domain_json);
    json_set_dictionaries(object, plan, "layers", plan_layer_json);
    json_set_dictionaries(object, plan, "files", plan_file_json);
    json_set_texts(object, "warnings", warnings);

    return object;
}

/* --- text ----------------------------------------------------------------- */

/* Where the rows of disks go, and of what they are. */
typedef struct {
    Table *table;
    GVariant *domain;
    GVariant *snapshot;
    guint disks;
} PlanRows;

static void
show_disk(GVariant *disk, gpointer data)
{
    PlanRows *rows = data;
    const char *image = dictionary_text(disk, "image");
    const char *why = dictionary_text(disk, "recorded");
    g_autofree char *recorded = why ? g_strdup_printf(_("recorded only (%s)"), why) : NULL;

    rows->disks++;
    table_add(rows->table, dictionary_cell(rows->domain, "name"),
              dictionary_cell(rows->snapshot, "name"), dictionary_cell(disk, "target"),
              dictionary_cell(disk, "snapshot"), image ? image : recorded, NULL);
}

static void
show_planned_snapshot(GVariant *snapshot, gpointer data)
{
    PlanRows *rows = data;

    rows->snapshot = snapshot;
    rows->disks = 0;
    dictionaries_each(snapshot, "disks", show_disk, rows);
    if (rows->disks == 0)
        table_add(rows->table, dictionary_cell(rows->domain, "name"),
                  dictionary_cell(snapshot, "name"), NULL);
}

static void
show_planned_domain(GVariant *domain, gpointer table)
{
    PlanRows rows = {.table = table, .domain = domain};

    dictionaries_each(domain, "snapshots", show_planned_snapshot, &rows);
}

static void
show_disks(GVariant *plan)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("Snapshot"), _("Disk"), _("Kind"), _("Image"), NULL);

    dictionaries_each(plan, "domains", show_planned_domain, table);
    table_print(table, TRUE);
}

static void
show_file(GVariant *file, gpointer table)
{
    g_autofree char *bytes = dictionary_size_text(file, "bytes");
    const char *source = dictionary_text(file, "source");

    table_add(table, dictionary_cell(file, "path"), source ? _("copy") : _("write"), bytes, NULL);
}

static void
show_layer(GVariant *layer, gpointer table)
{
    g_autofree char *bytes = dictionary_size_text(layer, "bytes");
    g_autofree char *users = g_strdup_printf("%u", users_of(layer));

    table_add(table, dictionary_cell(layer, "file"), _(dictionary_cell(layer, "way")), bytes,
              users, NULL);
}

static void
show_layers(GVariant *plan)
{
    g_autoptr(Table) table = table_new(_("File"), _("Way"), _("Data"), _("Disks"), NULL);

    dictionaries_each(plan, "files", show_file, table);
    dictionaries_each(plan, "layers", show_layer, table);
    table_print(table, TRUE);
}

static void
show_export_plan(GVariant *plan)
{
    g_autofree char *bytes = dictionary_size_text(plan, "bytes");
    g_autofree char *where = text_printable(dictionary_cell(plan, "export"));

    show_disks(plan);
    putchar('\n');
    show_layers(plan);
    putchar('\n');
    printf(_("%s would be copied to '%s'; nothing was written.\n"), bytes, where);
}

int
plan_tell(CliContext *cli, GVariant *plan)
{
    if (cli->globals.json) {
        cli_result(cli, export_plan_json(plan));
        return CLI_DONE;
    }
    dictionary_warn(plan);
    show_export_plan(plan);

    return CLI_DONE;
}
