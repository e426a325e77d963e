/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/connection.h"
#include "cli/output.h"
#include "cli/snapshot-info.h"
#include "collection/members.h"
#include "export/set-info.h"
#include "util/format.h"

/* --- snapshot-info, as JSON --------------------------------------------------- */

static JsonArray *
disks_json(const SnapshotDef *def)
{
    JsonArray *disks = json_array_new();

    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        JsonObject *one = json_object_new();

        json_set_text(one, "target", disk->target);
        json_set_text(one, "device", disk->device);
        json_set_text(one, "type", disk->storage->type);
        json_set_text(one, "snapshot", snapshot_location_name(disk->location));
        json_set_text(one, "source", disk->storage->label);
        json_array_add_object_element(disks, one);
    }

    return disks;
}

static void
add_snapshot(JsonObject *object, const SnapshotDef *def)
{
    g_autofree char *taken = format_time(def->creation_time);

    json_set_text(object, "uuid", def->domain_uuid);
    json_set_text(object, "taken", taken);
    json_set_text(object, "kind", snapshot_def_kind(def));
    json_set_text(object, "state", def->state);
    json_set_text(object, "parent", def->parent);
    json_set_text(object, "memory", snapshot_location_name(def->memory));
    json_object_set_array_member(object, "disks", disks_json(def));
}

static JsonObject *
member_json(const SetStateMember *member)
{
    JsonObject *object = json_object_new();
    const SetMember *record = member->record;

    json_set_text(object, "domain", member->domain);
    json_object_set_boolean_member(object, "there", member->def != NULL);
    json_set_text(object, "consistency",
                  consistency_name(record ? record->consistency : CONSISTENCY_UNKNOWN));
    if (record) {
        json_set_text(object, "asked", consistency_name(record->asked));
        json_object_set_int_member(object, "frozen_ms", record->frozen_ms);
    }
    if (record && record->reason != CONSISTENCY_REASON_NONE)
        json_set_text(object, "reason", consistency_reason_name(record->reason));
    if (member->def)
        add_snapshot(object, member->def);

    return object;
}

static void
add_record(JsonObject *object, const SetState *state)
{
    const SetRecord *record = state->record;
    g_autofree char *made = record ? format_time(record->created) : NULL;

    json_object_set_boolean_member(object, "adopted", !record);
    json_object_set_boolean_member(object, "unfinished", state->unfinished);
    if (!record)
        return;
    json_set_text(object, "made", made);
    json_set_text(object, "by", record->program);
    json_object_set_int_member(object, "window_ms", record->window_ms);
    json_object_set_boolean_member(object, "referencePoint", record->point != NULL);
}

static JsonObject *
info_json(const SetInfo *info, const CommandLine *line)
{
    JsonObject *result = json_object_new();
    JsonArray *members = json_array_new();

    for (guint i = 0; i < info->state->members->len; i++)
        json_array_add_object_element(members,
                                      member_json(g_ptr_array_index(info->state->members, i)));
    json_set_text(result, "collection", line->args[0]);
    json_set_text(result, "snapshot", line->args[1]);
    json_set_text(result, "status", set_info_status(info));
    add_record(result, info->state);
    json_set_texts(result, "changes", info->changes);
    if (info->unseen)
        json_set_text(result, "unseen", info->unseen);
    json_object_set_array_member(result, "members", members);

    return result;
}

/* --- and as text -------------------------------------------------------------- */

static void
print_line(const char *name, const char *value)
{
    g_autofree char *text = text_printable(value);

    printf("%s %s\n", name, text);
}

static void
print_set(const SetInfo *info)
{
    const SetRecord *record = info->state->record;
    g_autofree char *window = record ? g_strdup_printf("%u ms", record->window_ms) : NULL;
    g_autofree char *made = record ? format_time(record->created) : NULL;

    if (info->state->unfinished)
        print_line(_("State:  "), _("partial: it is being made, or its making was interrupted; "
                                    "then the next snapshot command that changes these domains "
                                    "removes what there is of it"));
    else if (info->state->missing > 0)
        print_line(_("State:  "), _("partial: not every member has it"));
    else
        print_line(_("State:  "), info->changes->len > 0 ? _("changed since") : _("complete"));
    if (record) {
        print_line(_("Made:   "), made);
        print_line(_("Window: "), window);
        if (record->point)
            print_line(_("Point:  "), record->converting
                                          ? _("its conversion to a reference point was "
                                              "interrupted; 'reference-point-convert' completes it")
                                          : _("'reference-point-convert' makes a reference point "
                                              "of it"));
    } else {
        print_line(_("Made:   "), _("adopted: not by virtsnap, or its record is gone"));
    }
    for (guint i = 0; i < info->changes->len; i++)
        print_line(_("Changed:"), g_ptr_array_index(info->changes, i));
    if (info->unseen)
        print_line(_("Unseen: "), info->unseen);
}

/* "application", or "crash (application: no-agent)" */
static char *
consistency_text(const SetMember *record)
{
    if (!record)
        return g_strdup(consistency_name(CONSISTENCY_UNKNOWN));
    if (record->reason == CONSISTENCY_REASON_NONE)
        return g_strdup(consistency_name(record->consistency));

    return g_strdup_printf("%s (%s: %s)", consistency_name(record->consistency),
                           consistency_name(record->asked),
                           consistency_reason_name(record->reason));
}

static void
print_members(const SetState *state)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Taken"), _("State"), _("Kind"),
                                       _("Memory"), _("Consistency"), NULL);

    for (guint i = 0; i < state->members->len; i++) {
        const SetStateMember *member = g_ptr_array_index(state->members, i);
        const SnapshotDef *def = member->def;
        g_autofree char *taken = def ? format_time(def->creation_time) : NULL;
        g_autofree char *consistency = consistency_text(member->record);

        if (def)
            table_add(table, member->domain, taken, def->state, snapshot_def_kind(def),
                      snapshot_location_name(def->memory), consistency, NULL);
        else
            table_add(table, member->domain, _("missing"), "-", "-", "-", consistency, NULL);
    }
    table_print(table, TRUE);
}

static void
add_disks(Table *table, const SnapshotDef *def)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        table_add(table, def->domain_name, disk->target, disk->device,
                  snapshot_location_name(disk->location), disk->storage->label, NULL);
    }
}

static void
print_disks(const SetState *state)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("Disk"), _("Device"), _("Snapshot"), _("Source"), NULL);

    for (guint i = 0; i < state->members->len; i++) {
        const SetStateMember *member = g_ptr_array_index(state->members, i);

        if (member->def)
            add_disks(table, member->def);
    }
    table_print(table, TRUE);
}

int
run_snapshot_info(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    Hypervisor *hypervisor = cli_connection(cli, &error);
    g_autoptr(SetInfo) info =
        hypervisor ? set_info_new(hypervisor, line->args[0], line->args[1], &error) : NULL;

    if (!info)
        return cli_fail(cli, error);
    if (cli->globals.json) {
        cli_result(cli, info_json(info, line));
        return CLI_DONE;
    }
    print_set(info);
    putchar('\n');
    print_members(info->state);
    putchar('\n');
    print_disks(info->state);

    return CLI_DONE;
}

/* --- snapshot-list ------------------------------------------------------------ */

/* The weakest of what its members have. */
static const char *
weakest_consistency(const SetState *state)
{
    static const Consistency order[] = {CONSISTENCY_UNKNOWN, CONSISTENCY_CRASH,
                                        CONSISTENCY_APPLICATION, CONSISTENCY_MEMORY,
                                        CONSISTENCY_OFFLINE};

    for (gsize i = 0; i < G_N_ELEMENTS(order); i++) {
        for (guint j = 0; j < state->members->len; j++) {
            const SetStateMember *member = g_ptr_array_index(state->members, j);

            if ((member->record ? member->record->consistency : CONSISTENCY_UNKNOWN) == order[i])
                return consistency_name(order[i]);
        }
    }

    return consistency_name(CONSISTENCY_UNKNOWN);
}

static char *
time_taken(const SetState *state)
{
    for (guint i = 0; i < state->members->len; i++) {
        const SnapshotDef *def = ((SetStateMember *)g_ptr_array_index(state->members, i))->def;

        if (def)
            return format_time(def->creation_time);
    }

    return state->record ? format_time(state->record->created) : NULL;
}

static JsonObject *
list_json(const char *name, const SetState *state)
{
    JsonObject *object = json_object_new();
    g_autofree char *taken = time_taken(state);

    json_set_text(object, "name", name);
    json_set_text(object, "taken", taken);
    json_set_text(object, "status", set_state_is_partial(state) ? "partial" : "complete");
    json_set_text(object, "consistency", weakest_consistency(state));
    add_record(object, state);

    return object;
}

static void
list_row(Table *table, const char *name, const SetState *state)
{
    g_autofree char *taken = time_taken(state);

    table_add(table, name, taken, set_state_is_partial(state) ? _("partial") : _("complete"),
              weakest_consistency(state),
              state->record ? state->record->program : _("adopted"), NULL);
}

/* Those that are gone by the time they are looked at are not there. */
static int
list_sets(CliContext *cli, const CommandLine *line, Hypervisor *hypervisor,
          const Members *members, GPtrArray *names)
{
    g_autoptr(Table) table = table_new(_("Name"), _("Taken"), _("State"), _("Consistency"),
                                       _("Made by"), NULL);
    JsonArray *array = json_array_new();
    JsonObject *result = json_object_new();

    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autoptr(SetState) state =
            set_state_new(hypervisor, line->args[0], members->domains, name, NULL);

        if (!state)
            continue;
        list_row(table, name, state);
        json_array_add_object_element(array, list_json(name, state));
    }
    if (!cli->globals.json)
        table_print(table, !cli->globals.quiet);
    json_object_set_array_member(result, "snapshots", array);
    cli_result(cli, result);

    return CLI_DONE;
}

int
run_snapshot_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Members) members = members_new(line->args[0], NULL, &error);
    Hypervisor *hypervisor = members ? cli_connection(cli, &error) : NULL;
    g_autoptr(GPtrArray) names =
        hypervisor ? set_state_list(hypervisor, line->args[0], members->domains, &error) : NULL;

    if (!names)
        return cli_fail(cli, error);

    return list_sets(cli, line, hypervisor, members, names);
}
