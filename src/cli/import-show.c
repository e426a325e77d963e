/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/dictionary-show.h"
#include "cli/import-show.h"
#include "import/host-finding.h"
#include "util/dictionary.h"

/* --- JSON ------------------------------------------------------------------- */

static JsonObject *
import_disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target", "path", "format", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);

    return object;
}

static JsonObject *
import_domain_json(GVariant *domain)
{
    static const char *const keys[] = {"name", "uuid", "from", NULL};
    g_autoptr(GPtrArray) snapshots = dictionary_texts(domain, "snapshots");
    JsonObject *object = json_object_new();

    json_copy_texts(object, domain, keys);
    json_set_dictionaries(object, domain, "disks", import_disk_json);
    json_set_texts(object, "snapshots", snapshots);
    json_object_set_boolean_member(object, "memory", dictionary_flag(domain, "memory"));

    return object;
}

static JsonObject *
import_file_json(GVariant *file)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "path", dictionary_text(file, "path"));
    json_set_size(object, "bytes", dictionary_size(file, "bytes"));
    json_set_text(object, "backing", dictionary_text(file, "backing"));
    json_object_set_boolean_member(object, "shared", dictionary_flag(file, "shared"));

    return object;
}

static JsonObject *
overlay_json(GVariant *overlay)
{
    static const char *const keys[] = {"path", "backing", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, overlay, keys);

    return object;
}

static JsonObject *
finding_json(GVariant *finding)
{
    static const char *const keys[] = {"member", "kind", "what", "have", "would_do", "option",
                                       NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, finding, keys);
    json_object_set_boolean_member(object, "blocks", dictionary_flag(finding, "blocks"));

    return object;
}

static void
add_import_results(JsonObject *object, GVariant *result)
{
    const char *pool = dictionary_text(result, "pool");

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "directory", dictionary_text(result, "directory"));
    json_set_text(object, "collection", dictionary_text(result, "collection"));
    if (pool)
        json_set_text(object, "pool", pool);
    json_set_dictionaries(object, result, "domains", import_domain_json);
}

JsonObject *
import_show_json(GVariant *result, GPtrArray *warnings)
{
    JsonObject *object = json_object_new();

    add_import_results(object, result);
    json_set_texts(object, "warnings", warnings);

    return object;
}

static JsonObject *
import_plan_json(GVariant *plan)
{
    g_autoptr(GPtrArray) warnings = dictionary_texts(plan, "warnings");
    JsonObject *object = json_object_new();

    add_import_results(object, plan);
    json_set_size(object, "bytes", dictionary_size(plan, "bytes"));
    json_set_dictionaries(object, plan, "files", import_file_json);
    json_set_dictionaries(object, plan, "overlays", overlay_json);
    json_set_dictionaries(object, plan, "host", finding_json);
    json_set_texts(object, "warnings", warnings);

    return object;
}

/* --- text ------------------------------------------------------------------- */

static void
show_file(GVariant *file, gpointer table)
{
    g_autofree char *size = dictionary_size_text(file, "bytes");
    gboolean shared = dictionary_flag(file, "shared");

    table_add(table, dictionary_cell(file, "path"), shared ? _("copy, shared") : _("copy"), size,
              NULL);
}

/* Above what it comes to be is only told where that stays in the export. */
static void
show_overlay(GVariant *overlay, gpointer table)
{
    g_autofree char *size = dictionary_size_text(overlay, "bytes");

    table_add(table, dictionary_cell(overlay, "path"), _("new"), size, NULL);
}

static void
show_overlay_above(GVariant *overlay, gpointer table)
{
    g_autofree char *size = dictionary_size_text(overlay, "bytes");
    g_autofree char *how =
        g_strdup_printf(_("new, above '%s'"), dictionary_cell(overlay, "backing"));

    table_add(table, dictionary_cell(overlay, "path"), how, size, NULL);
}

static void
show_files(GVariant *plan)
{
    g_autoptr(Table) table = table_new(_("File"), _("How"), _("Bytes"), NULL);

    dictionaries_each(plan, "files", show_file, table);
    dictionaries_each(plan, "overlays",
                      dictionary_flag(plan, "in-place") ? show_overlay_above : show_overlay, table);
    table_print(table, TRUE);
}

/* Where the rows of a domain's disks go. */
typedef struct {
    Table *table;
    GVariant *domain;
    guint disks;
} ImportRows;

static void
show_disk(GVariant *disk, gpointer data)
{
    ImportRows *rows = data;

    rows->disks++;
    table_add(rows->table, dictionary_cell(rows->domain, "name"),
              dictionary_cell(rows->domain, "from"), dictionary_cell(disk, "target"),
              dictionary_cell(disk, "path"), NULL);
}

static void
show_domain(GVariant *domain, gpointer table)
{
    ImportRows rows = {.table = table, .domain = domain};

    dictionaries_each(domain, "disks", show_disk, &rows);
    if (rows.disks == 0)
        table_add(table, dictionary_cell(domain, "name"), dictionary_cell(domain, "from"), NULL);
}

static void
show_domains(GVariant *plan)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("From"), _("Target"), _("Image"), NULL);

    dictionaries_each(plan, "domains", show_domain, table);
    table_print(table, TRUE);
}

static void
show_finding(GVariant *value, G_GNUC_UNUSED gpointer data)
{
    const HostFinding finding = {
        .member = (char *)dictionary_text(value, "member"),
        .kind = dictionary_cell(value, "kind"),
        .what = (char *)dictionary_cell(value, "what"),
        .have = (char *)dictionary_cell(value, "have"),
        .would_do = (char *)dictionary_text(value, "would_do"),
        .option = (char *)dictionary_text(value, "option"),
        .blocks = dictionary_flag(value, "blocks"),
    };
    g_autofree char *text = host_finding_to_string(&finding);
    g_autofree char *line = text_printable(text);

    printf("  %s\n", line);
}

static void
show_host(GVariant *plan)
{
    g_autoptr(GVariant) findings = dictionary_list(plan, "host");

    if (g_variant_n_children(findings) == 0)
        printf(_("\nThis host has all that the domains need.\n"));
    else
        printf(_("\nWhat does not fit this host:\n"));
    dictionaries_each(plan, "host", show_finding, NULL);
}

static void
show_import_plan(GVariant *plan)
{
    g_autofree char *directory = text_printable(dictionary_cell(plan, "directory"));
    const char *pool = dictionary_text(plan, "pool");

    if (pool)
        printf(_("Into '%s', images into the storage pool '%s' ('%s'):\n\n"), directory, pool,
               dictionary_cell(plan, "pool-path"));
    else
        printf(_("Into '%s':\n\n"), directory);
    show_domains(plan);
    printf("\n");
    show_files(plan);
    show_host(plan);
}

int
import_tell_plan(CliContext *cli, GVariant *plan)
{
    if (cli->globals.json) {
        cli_result(cli, import_plan_json(plan));
        return CLI_DONE;
    }
    dictionary_warn(plan);
    show_import_plan(plan);

    return CLI_DONE;
}
