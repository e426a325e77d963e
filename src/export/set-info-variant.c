/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "collection/members.h"
#include "export/set-info-variant.h"
#include "util/dictionary.h"

/* --- a member ----------------------------------------------------------------- */

static GVariant *
disk_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const DiskDef *disk = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "device", disk->device);
    dictionary_add_text(&value, "type", disk->storage->type);
    dictionary_add_text(&value, "snapshot", snapshot_location_name(disk->location));
    dictionary_add_text(&value, "source", disk->storage->label);

    return g_variant_builder_end(&value);
}

static void
add_found(GVariantBuilder *value, const SnapshotDef *def)
{
    dictionary_add_text(value, "uuid", def->domain_uuid);
    dictionary_add_text(value, "kind", snapshot_def_kind(def));
    dictionary_add_text(value, "state", def->state);
    dictionary_add_text(value, "parent", def->parent);
    dictionary_add_text(value, "memory", snapshot_location_name(def->memory));
    dictionary_add_time(value, "taken", def->creation_time);
    dictionary_add_list(value, "disks", def->disks, disk_format, NULL);
}

static Consistency
member_consistency(const SetStateMember *member)
{
    return member->record ? member->record->consistency : CONSISTENCY_UNKNOWN;
}

static GVariant *
member_format(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const SetStateMember *member = element;
    const SetMember *record = member->record;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", member->domain);
    dictionary_add_flag(&value, "there", member->def != NULL);
    dictionary_add_text(&value, "consistency", consistency_name(member_consistency(member)));
    if (record) {
        dictionary_add_text(&value, "asked", consistency_name(record->asked));
        g_variant_builder_add(&value, "{sv}", "frozen_ms",
                              g_variant_new_uint32(record->frozen_ms));
    }
    if (record && record->reason != CONSISTENCY_REASON_NONE)
        dictionary_add_text(&value, "reason", consistency_reason_name(record->reason));
    if (member->def)
        add_found(&value, member->def);

    return g_variant_builder_end(&value);
}

/* --- the set ------------------------------------------------------------------ */

static Consistency
weakest_consistency(const SetState *state)
{
    static const Consistency order[] = {CONSISTENCY_UNKNOWN, CONSISTENCY_CRASH,
                                        CONSISTENCY_APPLICATION, CONSISTENCY_MEMORY,
                                        CONSISTENCY_OFFLINE};

    for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
        for (guint j = 0; j < state->members->len; j++) {
            if (member_consistency(g_ptr_array_index(state->members, j)) == order[i])
                return order[i];
        }
    }

    return CONSISTENCY_UNKNOWN;
}

static gint64
time_taken(const SetState *state)
{
    for (guint i = 0; i < state->members->len; i++) {
        const SnapshotDef *def = ((SetStateMember *)g_ptr_array_index(state->members, i))->def;

        if (def)
            return def->creation_time;
    }

    return state->record ? state->record->created : 0;
}

static void
add_record(GVariantBuilder *value, const SetRecord *record)
{
    dictionary_add_time(value, "made", record->created);
    dictionary_add_text(value, "by", record->program);
    g_variant_builder_add(value, "{sv}", "window_ms", g_variant_new_uint32(record->window_ms));
    dictionary_add_flag(value, "reference-point", record->point != NULL);
    if (record->point)
        dictionary_add_flag(value, "converting", record->converting);
}

static void
add_state(GVariantBuilder *value, const SetState *state, const char *snapshot)
{
    gint64 taken = time_taken(state);

    dictionary_add_text(value, "name", snapshot);
    if (taken > 0)
        dictionary_add_time(value, "taken", taken);
    dictionary_add_text(value, "consistency", consistency_name(weakest_consistency(state)));
    dictionary_add_flag(value, "adopted", !state->record);
    dictionary_add_flag(value, "unfinished", state->unfinished);
    if (state->record)
        add_record(value, state->record);
}

GVariant *
set_info_format(const SetInfo *info, const char *snapshot)
{
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    add_state(&value, info->state, snapshot);
    dictionary_add_text(&value, "status", set_info_status(info));
    dictionary_add_texts(&value, "changes", info->changes);
    dictionary_add_text(&value, "unseen", info->unseen);
    dictionary_add_list(&value, "members", info->state->members, member_format, NULL);

    return g_variant_builder_end(&value);
}

/* --- all of a collection ------------------------------------------------------ */

static void
add_listed(GVariantBuilder *list, const SetState *state, const char *snapshot)
{
    g_variant_builder_open(list, G_VARIANT_TYPE_VARDICT);
    add_state(list, state, snapshot);
    dictionary_add_text(list, "status", set_state_is_partial(state) ? "partial" : "complete");
    g_variant_builder_close(list);
}

GVariant *
set_info_list(Hypervisor *hypervisor, const char *collection, GError **error)
{
    g_autoptr(Members) members = members_new(collection, NULL, error);
    g_autoptr(GPtrArray) names =
        members ? set_state_list(hypervisor, collection, members->domains, error) : NULL;
    GVariantBuilder list;

    if (!names)
        return NULL;
    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autoptr(SetState) state =
            set_state_new(hypervisor, collection, members->domains, name, NULL);

        if (state)
            add_listed(&list, state, name);
    }

    return g_variant_ref_sink(g_variant_builder_end(&list));
}
