/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "bus/bus-path.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "cli/service.h"
#include "cli/snapshot-info.h"
#include "export/set-info-variant.h"
#include "util/dictionary.h"
#include "util/format.h"

/* What is shown is a dictionary (set-info-variant.h), which this process or the service makes. */

/* --- what there is -------------------------------------------------------------- */

/* Returns: what the method of the collection answers, owned by the caller; NULL with an error. */
static GVariant *
ask_service(CliContext *cli, const char *collection, const char *method, GVariant *parameters,
            const char *reply, GError **error)
{
    g_autofree char *path = bus_path_collection(collection);
    g_autoptr(GVariant) answer = cli_service_call(cli, path, "Collection", method, parameters,
                                                  G_VARIANT_TYPE(reply), error);

    return answer ? g_variant_get_child_value(answer, 0) : NULL;
}

static GVariant *
find_set(CliContext *cli, const char *collection, const char *snapshot, GError **error)
{
    Hypervisor *hypervisor;
    g_autoptr(SetInfo) info = NULL;

    if (cli->globals.service)
        return ask_service(cli, collection, "GetSnapshotInfo", g_variant_new("(s)", snapshot),
                           "(a{sv})", error);
    hypervisor = cli_connection(cli, error);
    if (hypervisor)
        info = set_info_new(hypervisor, collection, snapshot, error);

    return info ? g_variant_ref_sink(set_info_format(info, snapshot)) : NULL;
}

static GVariant *
find_sets(CliContext *cli, const char *collection, GError **error)
{
    Hypervisor *hypervisor;

    if (cli->globals.service)
        return ask_service(cli, collection, "GetSnapshots", NULL, "(aa{sv})", error);
    hypervisor = cli_connection(cli, error);

    return hypervisor ? set_info_list(hypervisor, collection, error) : NULL;
}

/* Returns: the time @key as people and JSON have it, owned by the caller; NULL: it is not known. */
static char *
shown_time(GVariant *dictionary, const char *key)
{
    gint64 time;

    return g_variant_lookup(dictionary, key, "x", &time) ? format_time(time) : NULL;
}

static guint
shown_number(GVariant *dictionary, const char *key)
{
    guint number = 0;

    g_variant_lookup(dictionary, key, "u", &number);

    return number;
}

/* --- as JSON ---------------------------------------------------------------------- */

static JsonArray *
disks_json(GVariant *member)
{
    static const char *const keys[] = {"target", "device", "type", "snapshot", "source", NULL};
    g_autoptr(GVariant) disks = dictionary_list(member, "disks");
    JsonArray *array = json_array_new();

    for (gsize i = 0; i < g_variant_n_children(disks); i++) {
        g_autoptr(GVariant) disk = g_variant_get_child_value(disks, i);
        JsonObject *one = json_object_new();

        json_copy_texts(one, disk, keys);
        json_array_add_object_element(array, one);
    }

    return array;
}

static void
add_snapshot(JsonObject *object, GVariant *member)
{
    static const char *const keys[] = {"kind", "state", "parent", "memory", NULL};
    g_autofree char *taken = shown_time(member, "taken");

    json_set_text(object, "uuid", dictionary_text(member, "uuid"));
    json_set_text(object, "taken", taken);
    json_copy_texts(object, member, keys);
    json_object_set_array_member(object, "disks", disks_json(member));
}

static JsonObject *
member_json(GVariant *member)
{
    JsonObject *object = json_object_new();
    const char *asked = dictionary_text(member, "asked");
    const char *reason = dictionary_text(member, "reason");

    json_set_text(object, "domain", dictionary_text(member, "domain"));
    json_object_set_boolean_member(object, "there", dictionary_flag(member, "there"));
    json_set_text(object, "consistency", dictionary_text(member, "consistency"));
    if (asked) {
        json_set_text(object, "asked", asked);
        json_object_set_int_member(object, "frozen_ms", shown_number(member, "frozen_ms"));
    }
    if (reason)
        json_set_text(object, "reason", reason);
    if (dictionary_flag(member, "there"))
        add_snapshot(object, member);

    return object;
}

static void
add_record(JsonObject *object, GVariant *set)
{
    gboolean adopted = dictionary_flag(set, "adopted");
    g_autofree char *made = shown_time(set, "made");

    json_object_set_boolean_member(object, "adopted", adopted);
    json_object_set_boolean_member(object, "unfinished", dictionary_flag(set, "unfinished"));
    if (adopted)
        return;
    json_set_text(object, "made", made);
    json_set_text(object, "by", dictionary_text(set, "by"));
    json_object_set_int_member(object, "window_ms", shown_number(set, "window_ms"));
    json_object_set_boolean_member(object, "referencePoint",
                                   dictionary_flag(set, "reference-point"));
}

static JsonObject *
info_json(GVariant *set, const CommandLine *line)
{
    JsonObject *result = json_object_new();
    JsonArray *array = json_array_new();
    g_autoptr(GVariant) members = dictionary_list(set, "members");
    g_autoptr(GPtrArray) changes = dictionary_texts(set, "changes");
    const char *unseen = dictionary_text(set, "unseen");

    for (gsize i = 0; i < g_variant_n_children(members); i++) {
        g_autoptr(GVariant) member = g_variant_get_child_value(members, i);

        json_array_add_object_element(array, member_json(member));
    }
    json_set_text(result, "collection", line->args[0]);
    json_set_text(result, "snapshot", line->args[1]);
    json_set_text(result, "status", dictionary_text(set, "status"));
    add_record(result, set);
    json_set_texts(result, "changes", changes);
    if (unseen)
        json_set_text(result, "unseen", unseen);
    json_object_set_array_member(result, "members", array);

    return result;
}

/* --- and as text -------------------------------------------------------------- */

static void
print_line(const char *name, const char *value)
{
    g_autofree char *text = text_printable(value);

    printf("%s %s\n", name, text);
}

static const char *
state_text(GVariant *set)
{
    const char *status = dictionary_text(set, "status");

    if (dictionary_flag(set, "unfinished"))
        return _("partial: it is being made, or its making was interrupted; "
                 "then the next snapshot command that changes these domains "
                 "removes what there is of it");
    if (g_strcmp0(status, "partial") == 0)
        return _("partial: not every member has it");

    return g_strcmp0(status, "changed") == 0 ? _("changed since") : _("complete");
}

static void
print_record(GVariant *set)
{
    g_autofree char *window = g_strdup_printf("%u ms", shown_number(set, "window_ms"));
    g_autofree char *made = shown_time(set, "made");

    if (dictionary_flag(set, "adopted")) {
        print_line(_("Made:   "), _("adopted: not by virtsnap, or its record is gone"));
        return;
    }
    print_line(_("Made:   "), made);
    print_line(_("Window: "), window);
    if (dictionary_flag(set, "reference-point"))
        print_line(_("Point:  "), dictionary_flag(set, "converting")
                                      ? _("its conversion to a reference point was "
                                          "interrupted; 'reference-point-convert' completes it")
                                      : _("'reference-point-convert' makes a reference point "
                                          "of it"));
}

static void
print_set(GVariant *set)
{
    g_autoptr(GPtrArray) changes = dictionary_texts(set, "changes");
    const char *unseen = dictionary_text(set, "unseen");

    print_line(_("State:  "), state_text(set));
    print_record(set);
    for (guint i = 0; i < changes->len; i++)
        print_line(_("Changed:"), g_ptr_array_index(changes, i));
    if (unseen)
        print_line(_("Unseen: "), unseen);
}

/* "application", or "crash (application: no-agent)" */
static char *
consistency_text(GVariant *member)
{
    const char *consistency = dictionary_text(member, "consistency");
    const char *reason = dictionary_text(member, "reason");

    return reason ? g_strdup_printf("%s (%s: %s)", consistency, dictionary_text(member, "asked"),
                                    reason)
                  : g_strdup(consistency);
}

static void
print_members(GVariant *members)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Taken"), _("State"), _("Kind"),
                                       _("Memory"), _("Consistency"), NULL);

    for (gsize i = 0; i < g_variant_n_children(members); i++) {
        g_autoptr(GVariant) member = g_variant_get_child_value(members, i);
        const char *domain = dictionary_text(member, "domain");
        g_autofree char *taken = shown_time(member, "taken");
        g_autofree char *consistency = consistency_text(member);

        if (dictionary_flag(member, "there"))
            table_add(table, domain, taken, dictionary_text(member, "state"),
                      dictionary_text(member, "kind"), dictionary_text(member, "memory"),
                      consistency, NULL);
        else
            table_add(table, domain, _("missing"), "-", "-", "-", consistency, NULL);
    }
    table_print(table, TRUE);
}

static void
add_disks(Table *table, GVariant *member)
{
    g_autoptr(GVariant) disks = dictionary_list(member, "disks");

    for (gsize i = 0; i < g_variant_n_children(disks); i++) {
        g_autoptr(GVariant) disk = g_variant_get_child_value(disks, i);

        table_add(table, dictionary_text(member, "domain"), dictionary_text(disk, "target"),
                  dictionary_text(disk, "device"), dictionary_text(disk, "snapshot"),
                  dictionary_text(disk, "source"), NULL);
    }
}

static void
print_disks(GVariant *members)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("Disk"), _("Device"), _("Snapshot"), _("Source"), NULL);

    for (gsize i = 0; i < g_variant_n_children(members); i++) {
        g_autoptr(GVariant) member = g_variant_get_child_value(members, i);

        add_disks(table, member);
    }
    table_print(table, TRUE);
}

int
run_snapshot_info(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) set = find_set(cli, line->args[0], line->args[1], &error);
    g_autoptr(GVariant) members = set ? dictionary_list(set, "members") : NULL;

    if (!set)
        return cli_fail(cli, error);
    if (cli->globals.json) {
        cli_result(cli, info_json(set, line));
        return CLI_DONE;
    }
    print_set(set);
    putchar('\n');
    print_members(members);
    putchar('\n');
    print_disks(members);

    return CLI_DONE;
}

/* --- snapshot-list ------------------------------------------------------------ */

static JsonObject *
list_json(GVariant *set)
{
    JsonObject *object = json_object_new();
    g_autofree char *taken = shown_time(set, "taken");

    json_set_text(object, "name", dictionary_text(set, "name"));
    json_set_text(object, "taken", taken);
    json_set_text(object, "status", dictionary_text(set, "status"));
    json_set_text(object, "consistency", dictionary_text(set, "consistency"));
    add_record(object, set);

    return object;
}

static void
list_row(Table *table, GVariant *set)
{
    g_autofree char *taken = shown_time(set, "taken");
    gboolean partial = g_strcmp0(dictionary_text(set, "status"), "partial") == 0;

    table_add(table, dictionary_text(set, "name"), taken ? taken : "-",
              partial ? _("partial") : _("complete"), dictionary_text(set, "consistency"),
              dictionary_flag(set, "adopted") ? _("adopted") : dictionary_text(set, "by"), NULL);
}

int
run_snapshot_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) sets = find_sets(cli, line->args[0], &error);
    g_autoptr(Table) table = table_new(_("Name"), _("Taken"), _("State"), _("Consistency"),
                                       _("Made by"), NULL);
    JsonArray *array;
    JsonObject *result;

    if (!sets)
        return cli_fail(cli, error);
    array = json_array_new();
    for (gsize i = 0; i < g_variant_n_children(sets); i++) {
        g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);

        list_row(table, set);
        json_array_add_object_element(array, list_json(set));
    }
    if (!cli->globals.json)
        table_print(table, !cli->globals.quiet);
    result = json_object_new();
    json_object_set_array_member(result, "snapshots", array);
    cli_result(cli, result);

    return CLI_DONE;
}
