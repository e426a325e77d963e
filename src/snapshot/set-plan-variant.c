/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/set-plan-variant.h"
#include "util/dictionary.h"

static void
begin_plan(GVariantBuilder *value, const char *collection, const char *snapshot)
{
    g_variant_builder_init(value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(value, "collection", collection);
    dictionary_add_text(value, "snapshot", snapshot);
}

/* --- of a set that is made -------------------------------------------------------- */

static GVariant *
created_disk(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const SetDisk *disk = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "source", disk->source);
    dictionary_add_text(&value, "overlay", disk->overlay);
    dictionary_add_flag(&value, "followed", disk->followed);

    return g_variant_builder_end(&value);
}

static GVariant *
created_member(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const SetMember *member = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", member->domain);
    dictionary_add_text(&value, "state", member->state);
    dictionary_add_text(&value, "kind", member->kind);
    dictionary_add_text(&value, "asked", consistency_name(member->asked));
    dictionary_add_list(&value, "disks", member->disks, created_disk, NULL);
    dictionary_add_text(&value, "memory", member->memory);

    return g_variant_builder_end(&value);
}

GVariant *
create_plan_format(const CreatePlan *plan, GPtrArray *warnings)
{
    const SetRecord *record = plan->record;
    GVariantBuilder value;

    begin_plan(&value, record->collection, record->snapshot);
    dictionary_add_list(&value, "members", record->members, created_member, NULL);
    dictionary_add_texts(&value, "warnings", warnings);

    return g_variant_builder_end(&value);
}

/* --- of one that is removed --------------------------------------------------------- */

static GVariant *
removed_disk(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const DeleteDisk *disk = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "method", delete_method_name(disk->method));
    dictionary_add_text(&value, "from", disk->top ? disk->top->path : NULL);
    dictionary_add_text(&value, "into", disk->base ? disk->base->path : NULL);
    dictionary_add_size(&value, "bytes", disk->bytes);

    return g_variant_builder_end(&value);
}

static GVariant *
removed_member(gconstpointer element, gconstpointer data)
{
    const DeleteMember *member = element;
    const DeletePlan *plan = data;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", member->domain->name);
    dictionary_add_text(&value, "kind",
                        plan->metadata     ? "metadata"
                        : member->internal ? "internal"
                                           : "external");
    dictionary_add_text(&value, "memory", member->memory);
    dictionary_add_list(&value, "disks", member->disks, removed_disk, NULL);

    return g_variant_builder_end(&value);
}

GVariant *
delete_plan_format(const DeletePlan *plan, const char *point, GPtrArray *warnings)
{
    GVariantBuilder value;

    begin_plan(&value, plan->collection, plan->snapshot);
    dictionary_add_text(&value, "referencePoint", point);
    dictionary_add_list(&value, "members", plan->members, removed_member, plan);
    dictionary_add_texts(&value, "warnings", warnings);

    return g_variant_builder_end(&value);
}

/* --- of a way back ------------------------------------------------------------------- */

static GVariant *
applied_disk(gconstpointer element, gconstpointer data)
{
    const ApplyDisk *disk = element;
    const ApplyMember *member = data;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "frozen", disk->base->path);
    dictionary_add_text(&value, "present", disk->present->path);
    dictionary_add_text(&value, "overlay",
                        member->method == APPLY_BY_OVERLAY ? disk->overlay : NULL);

    return g_variant_builder_end(&value);
}

static GVariant *
applied_member(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const ApplyMember *member = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", member->domain->name);
    dictionary_add_text(&value, "kind", member->internal ? "internal" : "external");
    dictionary_add_text(&value, "method", apply_method_name(member->method));
    dictionary_add_list(&value, "disks", member->disks, applied_disk, member);

    return g_variant_builder_end(&value);
}

GVariant *
apply_plan_format(const ApplyPlan *plan, GPtrArray *warnings)
{
    GVariantBuilder value;

    begin_plan(&value, plan->collection, plan->snapshot);
    dictionary_add_text(&value, "before", plan->discard ? NULL : plan->before);
    dictionary_add_list(&value, "members", plan->members, applied_member, NULL);
    dictionary_add_texts(&value, "warnings", warnings);

    return g_variant_builder_end(&value);
}

/* --- of a reference point --------------------------------------------------------------- */

static GVariant *
pointed_member(gconstpointer element, gconstpointer checkpoint)
{
    const ReferencePlanMember *member = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", member->domain);
    dictionary_add_text(&value, "checkpoint", checkpoint);
    if (member->tracked)
        dictionary_add_texts(&value, "disks", member->tracked);

    return g_variant_builder_end(&value);
}

GVariant *
reference_plan_format(const ReferencePlan *plan, const char *collection, const char *name,
                      GPtrArray *warnings)
{
    GVariantBuilder value;

    begin_plan(&value, collection, NULL);
    dictionary_add_text(&value, "referencePoint", name);
    dictionary_add_list(&value, "members", plan->members, pointed_member, plan->checkpoint);
    dictionary_add_texts(&value, "warnings", warnings);

    return g_variant_builder_end(&value);
}
