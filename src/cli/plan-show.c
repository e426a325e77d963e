/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/output.h"
#include "cli/plan-show.h"
#include "util/format.h"

static const char *
way_name(const PlanLayer *layer)
{
    switch (layer->way) {
    case PLAN_WAY_COPY:
        return N_("copy");
    case PLAN_WAY_COMPRESS:
        return N_("compress");
    case PLAN_WAY_PULL:
        return N_("pull");
    case PLAN_WAY_CHANGES:
        return N_("changes");
    case PLAN_WAY_RENEW:
        return N_("renew");
    case PLAN_WAY_LINK:
        return N_("link");
    case PLAN_WAY_FLATTEN:
        break;
    }

    return N_("flatten");
}

/* --- JSON ----------------------------------------------------------------- */

static JsonObject *
plan_disk_json(const Plan *plan, const PlanDisk *disk)
{
    JsonObject *object = json_object_new();
    const PlanPoint *point = plan_disk_checkpoint(plan, disk);

    json_set_text(object, "target", disk->def->target);
    json_set_text(object, "device", disk->def->device);
    json_set_text(object, "snapshot", snapshot_location_name(disk->def->location));
    json_set_text(object, "layer", disk->top ? disk->top->file : NULL);
    json_set_text(object, "internal", disk->internal);
    json_set_text(object, "recorded", disk->recorded);
    json_set_text(object, "source", disk->def->storage->label);
    json_set_text(object, "checkpoint", point ? point->checkpoint : NULL);

    return object;
}

static JsonObject *
plan_snapshot_json(const Plan *plan, const PlanSnapshot *snapshot)
{
    JsonObject *object = json_object_new();
    JsonArray *disks = json_array_new();

    json_set_text(object, "name", snapshot->def->name);
    json_set_text(object, "kind", snapshot_def_kind(snapshot->def));
    json_set_text(object, "consistency", snapshot->consistency);
    json_set_text(object, "reason", snapshot->reason);
    json_object_set_int_member(object, "creationTime", snapshot->def->creation_time);
    json_object_set_boolean_member(object, "memory", snapshot->memory_kept);
    for (guint i = 0; i < snapshot->disks->len; i++)
        json_array_add_object_element(
            disks, plan_disk_json(plan, g_ptr_array_index(snapshot->disks, i)));
    json_object_set_array_member(object, "disks", disks);

    return object;
}

static JsonArray *
domains_json(const Plan *plan)
{
    JsonArray *domains = json_array_new();

    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        JsonObject *object = json_object_new();
        JsonArray *snapshots = json_array_new();

        json_set_text(object, "name", domain->name);
        json_set_text(object, "uuid", domain->uuid);
        for (guint j = 0; j < domain->snapshots->len; j++)
            json_array_add_object_element(
                snapshots, plan_snapshot_json(plan, g_ptr_array_index(domain->snapshots, j)));
        json_object_set_array_member(object, "snapshots", snapshots);
        json_array_add_object_element(domains, object);
    }

    return domains;
}

static JsonArray *
layers_json(const Plan *plan)
{
    JsonArray *layers = json_array_new();

    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);
        JsonObject *object = json_object_new();

        json_set_text(object, "file", layer->file);
        json_set_text(object, "way", way_name(layer));
        json_set_text(object, "format", layer->format);
        json_set_text(object, "source", layer->source->path);
        json_set_text(object, "backing", layer->backing ? layer->backing->file : NULL);
        json_set_text(object, "since", layer->since);
        json_set_size(object, "capacity", layer->capacity);
        json_set_size(object, "bytes", layer->bytes);
        json_object_set_int_member(object, "users", layer->users);
        json_array_add_object_element(layers, object);
    }

    return layers;
}

static JsonArray *
plan_files_json(const Plan *plan)
{
    JsonArray *files = json_array_new();

    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(plan->files, i);
        JsonObject *object = json_object_new();

        json_set_text(object, "path", file->path);
        json_set_text(object, "role", file->role);
        json_set_text(object, "source", file->source);
        json_set_size(object, "bytes", file->bytes);
        json_array_add_object_element(files, object);
    }

    return files;
}

JsonObject *
plan_show_json(const Plan *plan, const char *path)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_object_set_boolean_member(object, "dryRun", TRUE);
    json_set_text(object, "export", path);
    json_set_text(object, "collection", plan->collection);
    json_set_text(object, "snapshot", plan->snapshot);
    json_set_text(object, "base", plan->base ? plan->base->path : NULL);
    json_set_size(object, "bytes", plan->bytes);
    json_object_set_array_member(object, "domains", domains_json(plan));
    json_object_set_array_member(object, "layers", layers_json(plan));
    json_object_set_array_member(object, "files", plan_files_json(plan));
    json_set_texts(object, "warnings", plan->warnings);

    return object;
}

/* --- text ----------------------------------------------------------------- */

static void
show_disk(Table *table, const PlanDomain *domain, const PlanSnapshot *snapshot,
          const PlanDisk *disk)
{
    g_autofree char *recorded =
        disk->recorded ? g_strdup_printf(_("recorded only (%s)"), disk->recorded) : NULL;

    table_add(table, domain->name, snapshot->def->name, disk->def->target,
              snapshot_location_name(disk->def->location),
              disk->top ? disk->top->source->path : recorded, NULL);
}

static void
show_planned_snapshot(Table *table, const PlanDomain *domain, const PlanSnapshot *snapshot)
{
    for (guint i = 0; i < snapshot->disks->len; i++)
        show_disk(table, domain, snapshot, g_ptr_array_index(snapshot->disks, i));
    if (snapshot->disks->len == 0)
        table_add(table, domain->name, snapshot->def->name, NULL);
}

static void
show_disks(const Plan *plan)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("Snapshot"), _("Disk"), _("Kind"), _("Image"), NULL);

    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        for (guint j = 0; j < domain->snapshots->len; j++)
            show_planned_snapshot(table, domain, g_ptr_array_index(domain->snapshots, j));
    }
    table_print(table, TRUE);
}

static void
show_layers(const Plan *plan)
{
    g_autoptr(Table) table = table_new(_("File"), _("Way"), _("Data"), _("Disks"), NULL);

    for (guint i = 0; i < plan->files->len; i++) {
        const PlanFile *file = g_ptr_array_index(plan->files, i);
        g_autofree char *bytes = format_bytes(file->bytes);

        table_add(table, file->path, file->source ? _("copy") : _("write"), bytes, NULL);
    }
    for (guint i = 0; i < plan->layers->len; i++) {
        const PlanLayer *layer = g_ptr_array_index(plan->layers, i);
        g_autofree char *bytes = format_bytes(layer->bytes);
        g_autofree char *users = g_strdup_printf("%u", layer->users);

        table_add(table, layer->file, _(way_name(layer)), bytes, users, NULL);
    }
    table_print(table, TRUE);
}

void
plan_show(const Plan *plan, const char *path)
{
    g_autofree char *bytes = format_bytes(plan->bytes);
    g_autofree char *where = text_printable(path);

    show_disks(plan);
    putchar('\n');
    show_layers(plan);
    putchar('\n');
    printf(_("%s would be copied to '%s'; nothing was written.\n"), bytes, where);
}
