/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "archive/export-variant.h"
#include "bus/bus-path.h"
#include "cli/dictionary-show.h"
#include "cli/export-inspect.h"
#include "cli/service.h"
#include "util/dictionary.h"
#include "util/format.h"
#include "util/path.h"

/* What is shown is a dictionary (export-variant.h), which this process or the service makes. */

/* @method: of the service, which takes a path. Returns: what it answers, owned by the caller; NULL
 * with an error. */
static GVariant *
ask_service(CliContext *cli, const char *method, const char *path, const char *reply,
            GError **error)
{
    g_autoptr(GVariant) answer = NULL;

    if (!path_check(path, error))
        return NULL;
    answer = cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", method,
                              g_variant_new("(s)", path), G_VARIANT_TYPE(reply), error);

    return answer ? g_variant_get_child_value(answer, 0) : NULL;
}

/* Returns: the time "created" as people and JSON have it, owned by the caller; NULL: not known. */
static char *
created_text(GVariant *dictionary)
{
    gint64 created;

    return g_variant_lookup(dictionary, "created", "x", &created) ? format_time(created) : NULL;
}

/* --- export-list ---------------------------------------------------------- */

/* Returns: the exports (aa{sv}), owned by the caller; NULL with an error. */
static GVariant *
find_exports(CliContext *cli, const char *directory, GError **error)
{
    g_autoptr(GPtrArray) exports = NULL;

    if (cli->globals.service)
        return ask_service(cli, "ListExports", directory, "(aa{sv})", error);
    exports = export_list(directory, error);

    return exports ? g_variant_ref_sink(export_list_format(exports)) : NULL;
}

/* Returns: the age in seconds, 0 if the time is in the future; -1: not known. */
static gint64
age_of(GVariant *found)
{
    gint64 created;

    if (!g_variant_lookup(found, "created", "x", &created))
        return -1;

    return MAX(g_get_real_time() / G_USEC_PER_SEC - created, 0);
}

static guint
domains_of(GVariant *found)
{
    guint domains = 0;

    g_variant_lookup(found, "domains", "u", &domains);

    return domains;
}

static JsonObject *
found_json(GVariant *found)
{
    static const char *const origin[] = {"host", "base", NULL};
    JsonObject *object = json_object_new();
    const char *problem = dictionary_text(found, "problem");
    g_autofree char *created = created_text(found);
    gint64 age = age_of(found);

    json_set_text(object, "export", dictionary_text(found, "export"));
    if (problem)
        json_set_text(object, "problem", problem);
    /* Without it the manifest could not be read. */
    if (!dictionary_text(found, "snapshot"))
        return object;
    json_set_text(object, "collection", dictionary_text(found, "collection"));
    json_set_text(object, "snapshot", dictionary_text(found, "snapshot"));
    json_set_text(object, "created", created);
    json_copy_texts(object, found, origin);
    json_object_set_int_member(object, "domains", domains_of(found));
    json_set_text(object, "consistency", dictionary_text(found, "consistency"));
    json_set_size(object, "bytes", dictionary_size(found, "bytes"));
    json_set_size(object, "own", dictionary_size(found, "own"));
    json_set_size(object, "shared", dictionary_size(found, "shared"));
    if (age >= 0)
        json_object_set_int_member(object, "age", age);
    json_object_set_boolean_member(object, "complete", dictionary_flag(found, "complete"));
    json_object_set_boolean_member(object, "protected", dictionary_flag(found, "protected"));

    return object;
}

static char *
age_text(GVariant *found)
{
    gint64 age = age_of(found);
    gint64 hours = age / 3600;

    if (age < 0)
        return g_strdup("-");
    if (hours < 48)
        return g_strdup_printf(_("%d h"), (int)hours);

    return g_strdup_printf(_("%d d"), (int)MIN(hours / 24, G_MAXINT));
}

static void
add_found_row(Table *table, GVariant *found)
{
    const char *path = dictionary_text(found, "export");
    const char *problem = dictionary_text(found, "problem");
    const char *snapshot = dictionary_text(found, "snapshot");
    g_autofree char *created = created_text(found);
    g_autofree char *bytes = dictionary_size_text(found, "bytes");
    g_autofree char *own = dictionary_size_text(found, "own");
    g_autofree char *shared = dictionary_size_text(found, "shared");
    g_autofree char *age = age_text(found);

    if (problem)
        cli_warning("%s: %s", path, problem);
    if (snapshot)
        table_add(table, dictionary_cell(found, "collection"), snapshot, created ? created : "-",
                  age, bytes, own, shared, dictionary_cell(found, "base-snapshot"),
                  dictionary_cell(found, "consistency"),
                  dictionary_flag(found, "protected") ? _("yes") : "-", path, NULL);
}

static void
print_exports(const CliContext *cli, GVariant *exports)
{
    g_autoptr(Table) table =
        table_new(_("Collection"), _("Snapshot"), _("Exported"), _("Age"), _("Size"), _("Alone"),
                  _("Shared"), _("Base"), _("Consistency"), _("Protected"), _("Directory"), NULL);

    for (gsize i = 0; i < g_variant_n_children(exports); i++) {
        g_autoptr(GVariant) found = g_variant_get_child_value(exports, i);

        add_found_row(table, found);
    }
    table_print(table, !cli->globals.quiet);
}

int
run_export_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *directory = path_canonical(line->args[0]);
    g_autoptr(GVariant) exports = find_exports(cli, directory, &error);
    JsonObject *result;

    if (!exports)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        print_exports(cli, exports);
        return CLI_DONE;
    }
    result = json_object_new();
    json_object_set_array_member(result, "exports", dictionaries_json(exports, found_json));
    cli_result(cli, result);

    return CLI_DONE;
}

/* --- export-info ---------------------------------------------------------- */

static JsonObject *
disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target", "device", "layer", "internal", "recorded",
                                       "source", "checkpoint", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);

    return object;
}

static JsonObject *
snapshot_json(GVariant *snapshot)
{
    static const char *const keys[] = {"name", "kind", "consistency", "reason", NULL};
    JsonObject *object = json_object_new();
    gint64 created = 0;

    g_variant_lookup(snapshot, "created", "x", &created);
    json_copy_texts(object, snapshot, keys);
    json_object_set_int_member(object, "creationTime", created);
    json_object_set_boolean_member(object, "memory", dictionary_flag(snapshot, "memory"));
    json_set_dictionaries(object, snapshot, "disks", disk_json);

    return object;
}

static JsonObject *
domain_json(GVariant *domain)
{
    static const char *const keys[] = {"name", "uuid", "directory", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, domain, keys);
    json_set_dictionaries(object, domain, "snapshots", snapshot_json);

    return object;
}

static JsonObject *
file_json(GVariant *file)
{
    static const char *const image[] = {"backing", "source", NULL};
    const char *format = dictionary_text(file, "format");
    JsonObject *object = json_object_new();

    json_set_text(object, "path", dictionary_text(file, "path"));
    json_set_text(object, "role", dictionary_text(file, "role"));
    json_set_size(object, "bytes", dictionary_size(file, "bytes"));
    json_set_text(object, "digest", dictionary_text(file, "digest"));
    if (!format)
        return object;
    json_set_text(object, "format", format);
    json_set_size(object, "capacity", dictionary_size(file, "capacity"));
    json_copy_texts(object, file, image);
    json_object_set_boolean_member(object, "flattened", dictionary_flag(file, "flattened"));
    json_object_set_boolean_member(object, "linked", dictionary_flag(file, "linked"));

    return object;
}

static JsonObject *
info_json(GVariant *info)
{
    static const char *const origin[] = {"host", "base", NULL};
    JsonObject *object = json_object_new();
    g_autofree char *created = created_text(info);
    g_autoptr(GPtrArray) warnings = dictionary_texts(info, "warnings");

    json_set_text(object, "collection", dictionary_text(info, "collection"));
    json_set_text(object, "snapshot", dictionary_text(info, "snapshot"));
    json_set_text(object, "created", created);
    json_copy_texts(object, info, origin);
    json_set_size(object, "bytes", dictionary_size(info, "bytes"));
    json_set_dictionaries(object, info, "domains", domain_json);
    json_set_dictionaries(object, info, "files", file_json);
    json_set_texts(object, "warnings", warnings);

    return object;
}

static void
print_field(const char *name, const char *value)
{
    g_autofree char *text = value ? text_printable(value) : NULL;

    printf("%s %s\n", name, text ? text : "-");
}

/* Where the rows of disks go, and of what they are. */
typedef struct {
    Table *table;
    GVariant *domain;
    GVariant *snapshot;
} DiskRows;

static void
add_disk_row(GVariant *disk, gpointer data)
{
    const DiskRows *rows = data;
    const char *layer = dictionary_text(disk, "layer");
    const char *why = dictionary_text(disk, "recorded");
    g_autofree char *recorded = why ? g_strdup_printf(_("recorded only (%s)"), why) : NULL;

    table_add(rows->table, dictionary_cell(rows->domain, "name"),
              dictionary_cell(rows->snapshot, "name"), dictionary_cell(rows->snapshot, "kind"),
              dictionary_cell(disk, "target"), layer ? layer : recorded, NULL);
}

static void
add_snapshot_rows(GVariant *snapshot, gpointer data)
{
    DiskRows *rows = data;

    rows->snapshot = snapshot;
    dictionaries_each(snapshot, "disks", add_disk_row, rows);
}

static void
add_domain_rows(GVariant *domain, gpointer data)
{
    DiskRows rows = {.table = data, .domain = domain};

    dictionaries_each(domain, "snapshots", add_snapshot_rows, &rows);
}

static void
add_file_row(GVariant *file, gpointer table)
{
    g_autofree char *bytes = dictionary_size_text(file, "bytes");

    table_add(table, dictionary_cell(file, "path"), dictionary_cell(file, "role"), bytes,
              dictionary_text(file, "backing"), NULL);
}

/* Prints a table of the rows that @add makes of each dictionary of the list @key. */
static void
print_rows(Table *table, GVariant *info, const char *key, void (*add)(GVariant *, gpointer))
{
    dictionaries_each(info, key, add, table);
    putchar('\n');
    table_print(table, TRUE);
}

static void
print_info(GVariant *info)
{
    g_autoptr(GPtrArray) warnings = dictionary_texts(info, "warnings");
    g_autoptr(Table) disks = table_new(_("Domain"), _("Snapshot"), _("Kind"), _("Disk"),
                                       _("Layer"), NULL);
    g_autoptr(Table) files = table_new(_("File"), _("Role"), _("Size"), _("Based on"), NULL);
    g_autofree char *created = created_text(info);
    const char *base = dictionary_text(info, "base");

    print_field(_("Collection:"), dictionary_text(info, "collection"));
    print_field(_("Snapshot:  "), dictionary_text(info, "snapshot"));
    print_field(_("Exported:  "), created);
    print_field(_("Host:      "), dictionary_text(info, "host"));
    if (base)
        print_field(_("Base:      "), base);
    for (guint i = 0; i < warnings->len; i++)
        print_field(_("Warning:   "), g_ptr_array_index(warnings, i));
    print_rows(disks, info, "domains", add_domain_rows);
    print_rows(files, info, "files", add_file_row);
}

int
run_export_info(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = path_canonical(line->args[0]);
    g_autoptr(GVariant) info =
        cli->globals.service ? ask_service(cli, "GetExportInfo", path, "(a{sv})", &error)
                             : export_info_load(path, &error);

    if (!info)
        return cli_fail(cli, error);
    if (cli->globals.json)
        cli_result(cli, info_json(info));
    else
        print_info(info);

    return CLI_DONE;
}
