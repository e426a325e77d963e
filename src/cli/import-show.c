/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/import-show.h"
#include "cli/output.h"
#include "util/format.h"

/* --- JSON ------------------------------------------------------------------- */

static JsonObject *
import_disk_json(const ImportDisk *disk)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "target", disk->target);
    json_set_text(object, "path", disk->path);
    json_set_text(object, "format", disk->format);

    return object;
}

static JsonObject *
import_domain_json(const ImportDomain *domain)
{
    JsonObject *object = json_object_new();
    JsonArray *disks = json_array_new();
    JsonArray *snapshots = json_array_new();

    json_set_text(object, "name", domain->name);
    json_set_text(object, "uuid", domain->uuid);
    json_set_text(object, "from", domain->from->name);
    for (guint i = 0; i < domain->disks->len; i++)
        json_array_add_object_element(disks, import_disk_json(g_ptr_array_index(domain->disks, i)));
    json_object_set_array_member(object, "disks", disks);
    for (guint i = 0; i < domain->snapshots->len; i++)
        json_array_add_string_element(
            snapshots, ((const ImportSnapshot *)g_ptr_array_index(domain->snapshots, i))->name);
    json_object_set_array_member(object, "snapshots", snapshots);
    json_object_set_boolean_member(object, "memory", domain->memory || domain->revert);

    return object;
}

static JsonArray *
import_files_json(const ImportPlan *plan)
{
    JsonArray *files = json_array_new();

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);
        JsonObject *object = json_object_new();

        json_set_text(object, "path", file->path);
        json_set_size(object, "bytes", file->from->bytes);
        json_set_text(object, "backing", file->backing);
        json_object_set_boolean_member(object, "shared", file->shared);
        json_array_add_object_element(files, object);
    }

    return files;
}

static JsonArray *
overlays_json(const ImportPlan *plan)
{
    JsonArray *overlays = json_array_new();

    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);
        JsonObject *object = json_object_new();

        json_set_text(object, "path", overlay->path);
        json_set_text(object, "backing", overlay->backing);
        json_array_add_object_element(overlays, object);
    }

    return overlays;
}

static JsonArray *
findings_json(GPtrArray *findings)
{
    JsonArray *array = json_array_new();

    for (guint i = 0; i < findings->len; i++) {
        const HostFinding *finding = g_ptr_array_index(findings, i);
        JsonObject *object = json_object_new();

        json_set_text(object, "member", finding->member);
        json_set_text(object, "kind", finding->kind);
        json_set_text(object, "what", finding->what);
        json_set_text(object, "have", finding->have);
        json_set_text(object, "would_do", finding->would_do);
        json_set_text(object, "option", finding->option);
        json_object_set_boolean_member(object, "blocks", finding->blocks);
        json_array_add_object_element(array, object);
    }

    return array;
}

JsonObject *
import_show_json(const ImportPlan *plan, GPtrArray *warnings, GPtrArray *findings)
{
    JsonObject *object = json_object_new();
    JsonArray *domains = json_array_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "directory", plan->directory);
    json_set_text(object, "collection", plan->collection);
    if (plan->pool)
        json_set_text(object, "pool", plan->settings->pool);
    for (guint i = 0; i < plan->domains->len; i++)
        json_array_add_object_element(domains,
                                      import_domain_json(g_ptr_array_index(plan->domains, i)));
    json_object_set_array_member(object, "domains", domains);
    if (findings) {
        json_set_size(object, "bytes", plan->bytes);
        json_object_set_array_member(object, "files", import_files_json(plan));
        json_object_set_array_member(object, "overlays", overlays_json(plan));
        json_object_set_array_member(object, "host", findings_json(findings));
    }
    json_set_texts(object, "warnings", warnings);

    return object;
}

/* --- text ------------------------------------------------------------------- */

static void
add_text_row(Table *table, const char *path, const char *what, guint64 bytes)
{
    g_autofree char *printable = text_printable(path);
    g_autofree char *size = format_bytes(bytes);

    table_add(table, printable, what, size, NULL);
}

static void
show_files(const ImportPlan *plan)
{
    g_autoptr(Table) table = table_new(_("File"), _("How"), _("Bytes"), NULL);

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        add_text_row(table, file->path, file->shared ? _("copy, shared") : _("copy"),
                     file->from->bytes);
    }
    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);
        g_autofree char *backing = text_printable(overlay->backing);
        g_autofree char *above = g_strdup_printf(_("new, above '%s'"), backing);

        add_text_row(table, overlay->path, plan->export ? above : _("new"), 0);
    }
    table_print(table, TRUE);
}

static void
show_domains(const ImportPlan *plan)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("From"), _("Target"), _("Image"), NULL);

    for (guint i = 0; i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);
        g_autofree char *name = text_printable(domain->name);
        g_autofree char *from = text_printable(domain->from->name);

        if (domain->disks->len == 0)
            table_add(table, name, from, NULL);
        for (guint j = 0; j < domain->disks->len; j++) {
            const ImportDisk *disk = g_ptr_array_index(domain->disks, j);
            g_autofree char *target = text_printable(disk->target);
            g_autofree char *path = text_printable(disk->path);

            table_add(table, name, from, target, path, NULL);
        }
    }
    table_print(table, TRUE);
}

static void
show_host(GPtrArray *findings)
{
    if (findings->len == 0)
        printf(_("\nThis host has all that the domains need.\n"));
    else
        printf(_("\nWhat does not fit this host:\n"));
    for (guint i = 0; i < findings->len; i++) {
        g_autofree char *text = host_finding_to_string(g_ptr_array_index(findings, i));
        g_autofree char *line = text_printable(text);

        printf("  %s\n", line);
    }
}

void
import_show(const ImportPlan *plan, GPtrArray *findings)
{
    g_autofree char *directory = text_printable(plan->directory);

    if (plan->pool)
        printf(_("Into '%s', images into the storage pool '%s' ('%s'):\n\n"), directory,
               plan->settings->pool, plan->pool);
    else
        printf(_("Into '%s':\n\n"), directory);
    show_domains(plan);
    printf("\n");
    show_files(plan);
    show_host(findings);
}
