/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "export/plan.h"
#include "util/fd.h"
#include "util/name.h"

/* --- freeing --------------------------------------------------------------- */

void
plan_layer_free(PlanLayer *layer)
{
    g_free(layer->file);
    qcow2_snapshot_free(layer->snapshot);
    g_free(layer->target);
    g_free(layer->since);
    g_free(layer);
}

static void
plan_point_free(PlanPoint *point)
{
    if (!point)
        return;
    g_free(point->checkpoint);
    g_free(point->id);
    g_free(point->export);
    g_free(point->series);
    g_free(point);
}

static void
plan_file_free(PlanFile *file)
{
    g_free(file->path);
    g_free(file->source);
    g_free(file->content);
    fd_clear(&file->fd);
    g_free(file);
}

static void
plan_disk_free(PlanDisk *disk)
{
    g_free(disk->internal);
    manifest_checkpoint_free(disk->checkpoint);
    g_free(disk);
}

static void
plan_snapshot_free(PlanSnapshot *snapshot)
{
    snapshot_def_free(snapshot->def);
    g_ptr_array_unref(snapshot->disks);
    g_free(snapshot);
}

static void
plan_domain_free(PlanDomain *domain)
{
    g_free(domain->name);
    g_free(domain->uuid);
    g_free(domain->directory);
    g_free(domain->run);
    g_ptr_array_unref(domain->snapshots);
    g_ptr_array_unref(domain->tree);
    g_free(domain);
}

void
plan_free(Plan *plan)
{
    if (!plan)
        return;
    g_free(plan->collection);
    g_free(plan->snapshot);
    virt_snap_export_settings_free(plan->settings);
    host_info_free(plan->host);
    g_ptr_array_unref(plan->domains);
    g_ptr_array_unref(plan->layers);
    g_ptr_array_unref(plan->files);
    g_ptr_array_unref(plan->warnings);
    g_ptr_array_unref(plan->changed);
    chain_cache_free(plan->chains);
    export_base_free(plan->base);
    plan_point_free(plan->point);
    g_free(plan);
}

const PlanPoint *
plan_disk_checkpoint(const Plan *plan, const PlanDisk *disk)
{
    return disk->tracked ? plan->point : NULL;
}

gboolean
plan_layer_is_whole(const PlanLayer *layer)
{
    PlanWay way = layer->way == PLAN_WAY_LINK ? layer->made : layer->way;

    return way == PLAN_WAY_FLATTEN || way == PLAN_WAY_CHANGES;
}

const Layer *
plan_layer_frozen(const PlanLayer *layer)
{
    /* What QEMU serves is its own, too. */
    if (layer->domain)
        return NULL;

    return layer->live ? layer->source->backing : layer->source;
}

/* --- constructors ----------------------------------------------------------- */

Plan *
plan_new(const char *collection, const char *snapshot, const VirtSnapExportSettings *settings,
         HostInfo *host)
{
    Plan *plan = g_new0(Plan, 1);

    plan->collection = g_strdup(collection);
    plan->snapshot = g_strdup(snapshot);
    plan->settings = virt_snap_export_settings_copy(settings);
    plan->single = plan->settings->intent == VIRT_SNAP_BACKUP_INTENT_MERGE;
    /* Nothing of a disk that is pulled is in layers. */
    if (plan_is_live(plan) && !settings->intent_given) {
        plan->settings->intent = VIRT_SNAP_BACKUP_INTENT_MERGE;
        plan->settings->intent_given = TRUE;
    }
    plan->host = host;
    plan->chains = chain_cache_new();
    plan->domains = g_ptr_array_new_with_free_func((GDestroyNotify)plan_domain_free);
    plan->layers = g_ptr_array_new_with_free_func((GDestroyNotify)plan_layer_free);
    plan->files = g_ptr_array_new_with_free_func((GDestroyNotify)plan_file_free);
    plan->warnings = g_ptr_array_new_with_free_func(g_free);
    plan->changed = g_ptr_array_new_with_free_func(g_free);

    return plan;
}

gboolean
plan_is_live(const Plan *plan)
{
    return export_settings_pull(plan->settings);
}

gboolean
plan_is_passing(const Plan *plan)
{
    return plan->settings->live != VIRT_SNAP_LIVE_NO;
}

void
plan_take_set(Plan *plan, const SetRecord *set)
{
    for (guint i = 0; i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        const SetMember *member = set_record_member(set, domain->uuid);
        PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

        if (!member)
            continue;
        snapshot->consistency = consistency_name(member->consistency);
        snapshot->reason = consistency_reason_name(member->reason);
    }
}

void
plan_warn_changed(Plan *plan, char *text)
{
    g_ptr_array_add(plan->warnings, text);
    g_ptr_array_add(plan->changed, g_strdup(text));
}

void
plan_warn(Plan *plan, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    g_ptr_array_add(plan->warnings, g_strdup_vprintf(format, args));
    va_end(args);
}

PlanFile *
plan_add_file(Plan *plan, const char *directory, const char *name, const char *role,
              guint64 bytes)
{
    PlanFile *file = g_new0(PlanFile, 1);

    file->path = directory ? g_build_filename(directory, name, NULL) : g_strdup(name);
    file->role = role;
    file->fd = -1;
    file->bytes = bytes;
    plan->bytes += bytes;
    g_ptr_array_add(plan->files, file);

    return file;
}

void
plan_add_text(Plan *plan, const char *directory, const char *name, const char *role,
              const char *content)
{
    plan_add_file(plan, directory, name, role, strlen(content))->content = g_strdup(content);
}

PlanDomain *
plan_domain_new(Plan *plan, const char *name, const char *uuid)
{
    g_autofree char *component = name_to_component(name);
    PlanDomain *domain = g_new0(PlanDomain, 1);

    domain->name = g_strdup(name);
    domain->uuid = g_strdup(uuid);
    domain->directory = g_build_filename("domains", component, NULL);
    domain->snapshots = g_ptr_array_new_with_free_func((GDestroyNotify)plan_snapshot_free);
    domain->tree = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_def_free);
    g_ptr_array_add(plan->domains, domain);

    return domain;
}

PlanSnapshot *
plan_snapshot_new(PlanDomain *domain, SnapshotDef *def)
{
    PlanSnapshot *snapshot = g_new0(PlanSnapshot, 1);

    snapshot->def = def;
    snapshot->disks = g_ptr_array_new_with_free_func((GDestroyNotify)plan_disk_free);
    g_ptr_array_add(domain->snapshots, snapshot);

    return snapshot;
}

void
plan_add_collection(Plan *plan, const char *name, const char *xml)
{
    g_autofree char *component = name_to_component(name);
    g_autofree char *file = g_strconcat(component, ".xml", NULL);

    plan_add_text(plan, "collections", file, "collection", xml);
}
