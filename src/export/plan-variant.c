/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/plan-variant.h"
#include "util/dictionary.h"

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

static GVariant *
planned_disk_format(gconstpointer element, gconstpointer plan)
{
    const PlanDisk *disk = element;
    const PlanPoint *point = plan_disk_checkpoint(plan, disk);
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->def->target);
    dictionary_add_text(&value, "device", disk->def->device);
    dictionary_add_text(&value, "snapshot", snapshot_location_name(disk->def->location));
    dictionary_add_text(&value, "layer", disk->top ? disk->top->file : NULL);
    dictionary_add_text(&value, "image", disk->top ? disk->top->source->path : NULL);
    dictionary_add_text(&value, "internal", disk->internal);
    dictionary_add_text(&value, "recorded", disk->recorded);
    dictionary_add_text(&value, "source", disk->def->storage->label);
    dictionary_add_text(&value, "checkpoint", point ? point->checkpoint : NULL);

    return g_variant_builder_end(&value);
}

static GVariant *
planned_snapshot_format(gconstpointer element, gconstpointer plan)
{
    const PlanSnapshot *snapshot = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", snapshot->def->name);
    dictionary_add_text(&value, "kind", snapshot_def_kind(snapshot->def));
    dictionary_add_text(&value, "consistency", snapshot->consistency);
    dictionary_add_text(&value, "reason", snapshot->reason);
    dictionary_add_time(&value, "created", snapshot->def->creation_time);
    dictionary_add_flag(&value, "memory", snapshot->memory_kept);
    dictionary_add_list(&value, "disks", snapshot->disks, planned_disk_format, plan);

    return g_variant_builder_end(&value);
}

static GVariant *
planned_domain_format(gconstpointer element, gconstpointer plan)
{
    const PlanDomain *domain = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "name", domain->name);
    dictionary_add_text(&value, "uuid", domain->uuid);
    dictionary_add_list(&value, "snapshots", domain->snapshots, planned_snapshot_format, plan);

    return g_variant_builder_end(&value);
}

static GVariant *
planned_layer_format(gconstpointer element, G_GNUC_UNUSED gconstpointer plan)
{
    const PlanLayer *layer = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "file", layer->file);
    dictionary_add_text(&value, "way", way_name(layer));
    dictionary_add_text(&value, "format", layer->format);
    dictionary_add_text(&value, "source", layer->source->path);
    dictionary_add_text(&value, "backing", layer->backing ? layer->backing->file : NULL);
    dictionary_add_text(&value, "since", layer->since);
    dictionary_add_size(&value, "capacity", layer->capacity);
    dictionary_add_size(&value, "bytes", layer->bytes);
    g_variant_builder_add(&value, "{sv}", "users", g_variant_new_uint32(layer->users));

    return g_variant_builder_end(&value);
}

static GVariant *
planned_file_format(gconstpointer element, G_GNUC_UNUSED gconstpointer plan)
{
    const PlanFile *file = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "path", file->path);
    dictionary_add_text(&value, "role", file->role);
    dictionary_add_text(&value, "source", file->source);
    dictionary_add_size(&value, "bytes", file->bytes);

    return g_variant_builder_end(&value);
}

GVariant *
plan_format(const Plan *plan, const char *path)
{
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "export", path);
    dictionary_add_text(&value, "collection", plan->collection);
    dictionary_add_text(&value, "snapshot", plan->snapshot);
    dictionary_add_text(&value, "base", plan->base ? plan->base->path : NULL);
    dictionary_add_size(&value, "bytes", plan->bytes);
    dictionary_add_list(&value, "domains", plan->domains, planned_domain_format, plan);
    dictionary_add_list(&value, "layers", plan->layers, planned_layer_format, plan);
    dictionary_add_list(&value, "files", plan->files, planned_file_format, plan);
    dictionary_add_texts(&value, "warnings", plan->warnings);

    return g_variant_builder_end(&value);
}
