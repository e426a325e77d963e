/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdio.h>

#include "archive/export-list.h"
#include "cli/export-inspect.h"
#include "cli/output.h"
#include "util/fd.h"
#include "util/format.h"

/* --- export-list ---------------------------------------------------------- */

/* Returns: the age in seconds; 0 if the time is in the future. */
static gint64
age_of(const FoundExport *found)
{
    return MAX(g_get_real_time() / G_USEC_PER_SEC - found->created, 0);
}

/* Returns: the weakest consistency of the members, because "mixed" would not tell what can be
 * relied on. */
static const char *
consistency_of_export(const Manifest *manifest)
{
    static const char *const order[] = {"unknown", "crash", "application", "memory", "offline"};
    gsize weakest = G_N_ELEMENTS(order);

    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);
        const ManifestSnapshot *first = g_ptr_array_index(domain->snapshots, 0);

        for (gsize j = 0; j < weakest; j++) {
            if (g_str_equal(first->consistency, order[j]))
                weakest = j;
        }
    }

    return weakest < G_N_ELEMENTS(order) ? order[weakest] : order[0];
}

static JsonObject *
found_json(const FoundExport *found)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "export", found->path);
    if (found->problem)
        json_set_text(object, "problem", found->problem);
    if (!found->manifest)
        return object;
    json_set_text(object, "collection", found->manifest->collection);
    json_set_text(object, "snapshot", found->manifest->snapshot);
    json_set_text(object, "created", found->manifest->created);
    json_set_text(object, "host", found->manifest->host);
    json_set_text(object, "base", found->manifest->base);
    json_object_set_int_member(object, "domains", found->manifest->domains->len);
    json_set_text(object, "consistency", consistency_of_export(found->manifest));
    json_set_size(object, "bytes", manifest_bytes(found->manifest));
    json_set_size(object, "own", found->own);
    json_set_size(object, "shared", found->shared);
    if (found->created != 0)
        json_object_set_int_member(object, "age", age_of(found));
    json_object_set_boolean_member(object, "complete", !found->problem);
    json_object_set_boolean_member(object, "protected", found->is_protected);

    return object;
}

static char *
age_text(const FoundExport *found)
{
    gint64 hours = age_of(found) / 3600;

    if (found->created == 0)
        return g_strdup("-");
    if (hours < 48)
        return g_strdup_printf(_("%d h"), (int)hours);

    return g_strdup_printf(_("%d d"), (int)MIN(hours / 24, G_MAXINT));
}

static void
add_found_row(Table *table, const FoundExport *found)
{
    const Manifest *manifest = found->manifest;
    g_autofree char *bytes = NULL;
    g_autofree char *own = NULL;
    g_autofree char *shared = NULL;
    g_autofree char *age = NULL;

    if (found->problem)
        cli_warning("%s: %s", found->path, found->problem);
    if (!manifest)
        return;
    bytes = format_bytes(manifest_bytes(manifest));
    own = format_bytes(found->own);
    shared = format_bytes(found->shared);
    age = age_text(found);
    table_add(table, manifest->collection ? manifest->collection : "-", manifest->snapshot,
              manifest->created, age, bytes, own, shared,
              manifest->base_snapshot ? manifest->base_snapshot : "-",
              consistency_of_export(manifest), found->is_protected ? _("yes") : "-", found->path,
              NULL);
}

int
run_export_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) exports = export_list(line->args[0], &error);
    g_autoptr(Table) table =
        table_new(_("Collection"), _("Snapshot"), _("Exported"), _("Age"), _("Size"), _("Alone"),
                  _("Shared"), _("Base"), _("Consistency"), _("Protected"), _("Directory"), NULL);
    JsonArray *array;
    JsonObject *result;

    if (!exports)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        for (guint i = 0; i < exports->len; i++)
            add_found_row(table, g_ptr_array_index(exports, i));
        table_print(table, !cli->globals.quiet);
        return CLI_DONE;
    }
    array = json_array_new();
    for (guint i = 0; i < exports->len; i++)
        json_array_add_object_element(array, found_json(g_ptr_array_index(exports, i)));
    result = json_object_new();
    json_object_set_array_member(result, "exports", array);
    cli_result(cli, result);

    return CLI_DONE;
}

/* --- export-info ---------------------------------------------------------- */

static JsonObject *
manifest_disk_json(const ManifestDisk *disk)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "target", disk->target);
    json_set_text(object, "device", disk->device);
    json_set_text(object, "layer", disk->layer);
    json_set_text(object, "internal", disk->internal);
    json_set_text(object, "recorded", disk->recorded);
    json_set_text(object, "source", disk->source);
    json_set_text(object, "checkpoint", disk->checkpoint ? disk->checkpoint->name : NULL);

    return object;
}

static JsonObject *
manifest_snapshot_json(const ManifestSnapshot *snapshot)
{
    JsonObject *object = json_object_new();
    JsonArray *disks = json_array_new();

    json_set_text(object, "name", snapshot->name);
    json_set_text(object, "kind", snapshot->kind);
    json_set_text(object, "consistency", snapshot->consistency);
    json_set_text(object, "reason", snapshot->reason);
    json_object_set_int_member(object, "creationTime", snapshot->creation_time);
    json_object_set_boolean_member(object, "memory", snapshot->memory);
    for (guint i = 0; i < snapshot->disks->len; i++)
        json_array_add_object_element(disks,
                                      manifest_disk_json(g_ptr_array_index(snapshot->disks, i)));
    json_object_set_array_member(object, "disks", disks);

    return object;
}

static JsonObject *
manifest_domain_json(const ManifestDomain *domain)
{
    JsonObject *object = json_object_new();
    JsonArray *snapshots = json_array_new();

    json_set_text(object, "name", domain->name);
    json_set_text(object, "uuid", domain->uuid);
    json_set_text(object, "directory", domain->directory);
    for (guint i = 0; i < domain->snapshots->len; i++)
        json_array_add_object_element(snapshots,
                                      manifest_snapshot_json(
                                          g_ptr_array_index(domain->snapshots, i)));
    json_object_set_array_member(object, "snapshots", snapshots);

    return object;
}

static JsonObject *
file_json(const ManifestFile *file)
{
    JsonObject *object = json_object_new();
    g_autofree char *digest = file->has_digest ? digest_to_string(file->digest) : NULL;

    json_set_text(object, "path", file->path);
    json_set_text(object, "role", file->role);
    json_set_size(object, "bytes", file->bytes);
    json_set_text(object, "digest", digest);
    if (!file->format)
        return object;
    json_set_text(object, "format", file->format);
    json_set_size(object, "capacity", file->capacity);
    json_set_text(object, "backing", file->backing);
    json_set_text(object, "source", file->source);
    json_object_set_boolean_member(object, "flattened", file->flattened);
    json_object_set_boolean_member(object, "linked", file->linked);

    return object;
}

static JsonObject *
manifest_json(const Manifest *manifest)
{
    JsonObject *object = json_object_new();
    JsonArray *domains = json_array_new();
    JsonArray *files = json_array_new();

    json_set_text(object, "collection", manifest->collection);
    json_set_text(object, "snapshot", manifest->snapshot);
    json_set_text(object, "created", manifest->created);
    json_set_text(object, "host", manifest->host);
    json_set_text(object, "base", manifest->base);
    json_set_size(object, "bytes", manifest_bytes(manifest));
    for (guint i = 0; i < manifest->domains->len; i++)
        json_array_add_object_element(domains,
                                      manifest_domain_json(
                                          g_ptr_array_index(manifest->domains, i)));
    for (guint i = 0; i < manifest->files->len; i++)
        json_array_add_object_element(files, file_json(g_ptr_array_index(manifest->files, i)));
    json_object_set_array_member(object, "domains", domains);
    json_object_set_array_member(object, "files", files);
    json_set_texts(object, "warnings", manifest->warnings);

    return object;
}

static void
print_field(const char *name, const char *value)
{
    g_autofree char *text = value ? text_printable(value) : NULL;

    printf("%s %s\n", name, text ? text : "-");
}

static void
print_manifest_disks(const Manifest *manifest)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Snapshot"), _("Kind"), _("Disk"),
                                       _("Layer"), NULL);

    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        for (guint j = 0; j < domain->snapshots->len; j++) {
            const ManifestSnapshot *snapshot = g_ptr_array_index(domain->snapshots, j);

            for (guint k = 0; k < snapshot->disks->len; k++) {
                const ManifestDisk *disk = g_ptr_array_index(snapshot->disks, k);
                g_autofree char *recorded =
                    disk->recorded ? g_strdup_printf(_("recorded only (%s)"), disk->recorded)
                                   : NULL;

                table_add(table, domain->name, snapshot->name, snapshot->kind, disk->target,
                          disk->layer ? disk->layer : recorded, NULL);
            }
        }
    }
    table_print(table, TRUE);
}

static void
print_files(const Manifest *manifest)
{
    g_autoptr(Table) table =
        table_new(_("File"), _("Role"), _("Size"), _("Based on"), NULL);

    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);
        g_autofree char *bytes = format_bytes(file->bytes);

        table_add(table, file->path, file->role, bytes, file->backing, NULL);
    }
    table_print(table, TRUE);
}

static void
print_manifest(const Manifest *manifest)
{
    print_field(_("Collection:"), manifest->collection);
    print_field(_("Snapshot:  "), manifest->snapshot);
    print_field(_("Exported:  "), manifest->created);
    print_field(_("Host:      "), manifest->host);
    if (manifest->base)
        print_field(_("Base:      "), manifest->base);
    for (guint i = 0; i < manifest->warnings->len; i++)
        print_field(_("Warning:   "), g_ptr_array_index(manifest->warnings, i));
    putchar('\n');
    print_manifest_disks(manifest);
    putchar('\n');
    print_files(manifest);
}

int
run_export_info(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) manifest = NULL;
    auto_fd dirfd = fd_open(AT_FDCWD, line->args[0], O_RDONLY | O_DIRECTORY, 0, &error);

    if (dirfd >= 0)
        manifest = manifest_load(dirfd, &error);
    if (!manifest) {
        g_prefix_error(&error, _("Export '%s': "), line->args[0]);
        return cli_fail(cli, error);
    }
    if (cli->globals.json)
        cli_result(cli, manifest_json(manifest));
    else
        print_manifest(manifest);

    return CLI_DONE;
}
