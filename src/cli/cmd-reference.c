/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/cmd-groups.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "cli/reference-change.h"
#include "cli/service.h"
#include "cli/snapshot-change.h"
#include "collection/members.h"
#include "snapshot/reference-variant.h"
#include "util/dictionary.h"
#include "util/format.h"

static const CommandArg create_args[] = {
    {"COLLECTION", TRUE, FALSE, COMPLETE_COLLECTION},
    {"NAME", FALSE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

static const CommandArg list_args[] = {
    {"COLLECTION", TRUE, FALSE, COMPLETE_COLLECTION},
    {NULL},
};

static const CommandArg delete_args[] = {
    {"COLLECTION", TRUE, FALSE, COMPLETE_COLLECTION},
    {"NAME", TRUE, FALSE, COMPLETE_REFERENCE_POINT},
    {NULL},
};

static const CommandArg convert_args[] = {
    {"COLLECTION", TRUE, FALSE, COMPLETE_COLLECTION},
    {"SNAPSHOT", TRUE, FALSE, COMPLETE_SNAPSHOT},
    {NULL},
};

/* --- listing ----------------------------------------------------------------- */

/* Returns: the points as reference_points_format() has them, owned by the caller; NULL with an
 * error. */
static GVariant *
points_here(CliContext *cli, const char *collection, GError **error)
{
    g_autoptr(Members) members = members_new(collection, NULL, error);
    Hypervisor *hypervisor = members ? cli_connection(cli, error) : NULL;
    g_autoptr(GPtrArray) points =
        hypervisor ? reference_point_list(hypervisor, members->domains, error) : NULL;

    return points ? g_variant_ref_sink(reference_points_format(points)) : NULL;
}

static GVariant *
points_by_service(CliContext *cli, const char *collection, GError **error)
{
    g_autofree char *path = bus_path_collection(collection);
    g_autoptr(GVariant) answer =
        cli_service_call(cli, path, "Collection", "ListReferencePoints", NULL,
                         G_VARIANT_TYPE("(aa{sv})"), error);

    return answer ? g_variant_get_child_value(answer, 0) : NULL;
}

static JsonObject *
reference_member_json(GVariant *member)
{
    JsonObject *object = json_object_new();
    gint64 created = 0;

    g_variant_lookup(member, "created", "x", &created);
    json_set_text(object, "domain", dictionary_text(member, "domain"));
    json_set_text(object, "state", dictionary_text(member, "state"));
    json_set_text(object, "reason", dictionary_text(member, "reason"));
    json_object_set_int_member(object, "creationTime", created);

    return object;
}

static JsonObject *
point_json(GVariant *point)
{
    JsonObject *object = json_object_new();
    JsonArray *array = json_array_new();
    g_autoptr(GVariant) members = dictionary_list(point, "members");
    const char *export = dictionary_text(point, "export");

    json_set_text(object, "name", dictionary_text(point, "name"));
    json_object_set_boolean_member(object, "whole", dictionary_flag(point, "whole"));
    for (gsize i = 0; i < g_variant_n_children(members); i++) {
        g_autoptr(GVariant) member = g_variant_get_child_value(members, i);

        json_array_add_object_element(array, reference_member_json(member));
    }
    json_object_set_array_member(object, "members", array);
    if (export) {
        json_set_text(object, "export", export);
        json_set_text(object, "exportState", dictionary_text(point, "export-state"));
    }

    return object;
}

/* Returns: the state of a member for the table, owned by the caller. */
static char *
member_state_text(GVariant *point, GVariant *member)
{
    const char *state = dictionary_text(member, "state");
    const char *found = dictionary_text(point, "export-state");

    return g_strcmp0(found, export_point_state_name(EXPORT_POINT_LOST)) == 0
               ? g_strdup_printf(_("%s, export not found"), state)
               : g_strdup(state);
}

static void
add_point_rows(Table *table, GVariant *point)
{
    g_autoptr(GVariant) members = dictionary_list(point, "members");

    for (gsize i = 0; i < g_variant_n_children(members); i++) {
        g_autoptr(GVariant) member = g_variant_get_child_value(members, i);
        g_autofree char *state = member_state_text(point, member);
        g_autofree char *taken = NULL;
        gint64 created;

        if (g_variant_lookup(member, "created", "x", &created))
            taken = format_time(created);
        table_add(table, dictionary_text(point, "name"), dictionary_text(member, "domain"),
                  taken ? taken : "-", state, NULL);
    }
}

static void
print_points(CliContext *cli, GVariant *points)
{
    g_autoptr(Table) table = table_new(_("Name"), _("Domain"), _("Taken"), _("State"), NULL);

    for (gsize i = 0; i < g_variant_n_children(points); i++) {
        g_autoptr(GVariant) point = g_variant_get_child_value(points, i);

        add_point_rows(table, point);
    }
    table_print(table, !cli->globals.quiet);
}

static int
run_reference_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) points = cli->globals.service
                                     ? points_by_service(cli, line->args[0], &error)
                                     : points_here(cli, line->args[0], &error);
    JsonArray *array;
    JsonObject *result;

    if (!points)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        print_points(cli, points);
        return CLI_DONE;
    }
    array = json_array_new();
    for (gsize i = 0; i < g_variant_n_children(points); i++) {
        g_autoptr(GVariant) point = g_variant_get_child_value(points, i);

        json_array_add_object_element(array, point_json(point));
    }
    result = json_object_new();
    json_object_set_int_member(result, "result", 0);
    json_set_text(result, "collection", line->args[0]);
    json_object_set_array_member(result, "referencePoints", array);
    cli_result(cli, result);

    return CLI_DONE;
}

static const Command commands[] = {
    {
        .name = "reference-point-create",
        .run = run_reference_create,
        .run_service = run_reference_create,
        .summary = N_("have what changes from now on followed"),
        .description = N_("Makes a checkpoint of each member of COLLECTION, all at one moment: "
                          "from then on QEMU knows what changes in their qcow2 images. All members "
                          "have to run. NAME is the time if it is left out."),
        .args = create_args,
        .options = reference_options,
        .options_size = sizeof(ReferenceOptions),
    },
    {
        .name = "reference-point-list",
        .run = run_reference_list,
        .run_service = run_reference_list,
        .summary = N_("list the reference points of a collection"),
        .description = N_("Lists the reference points that members of COLLECTION have, and for "
                          "each member whether what has changed since then is still known: it is "
                          "not when QEMU was killed, or the image was replaced. Of those that "
                          "exports have made it says, too, if the export is not found any more."),
        .args = list_args,
    },
    {
        .name = "reference-point-delete",
        .run = run_reference_delete,
        .run_service = run_reference_delete,
        .summary = N_("delete a reference point"),
        .description = N_("Deletes the reference point NAME of all members of COLLECTION that have "
                          "it. Where libvirt cannot, only what it knows of it is taken away, and a "
                          "warning says so."),
        .args = delete_args,
        .options = reference_options,
        .options_size = sizeof(ReferenceOptions),
    },
    {
        .name = "reference-point-convert",
        .run = run_reference_convert,
        .run_service = run_reference_convert,
        .summary = N_("make a snapshot collection a reference point"),
        .description = N_("Removes SNAPSHOT, which was made with --reference-point, as "
                          "snapshot-delete does, and keeps the checkpoints that were made in its "
                          "moment: they are the reference point of that name. An export of "
                          "SNAPSHOT that was made before is then a base of which QEMU knows what "
                          "has changed since: export --live --base SNAPSHOT reads only that. "
                          "Members that were shut off are compared.\n"
                          "When it is interrupted, by whatever, the domains have all their data, "
                          "and the same command goes on."),
        .args = convert_args,
        .options = convert_options,
        .options_size = sizeof(DeleteOptions),
    },
    {NULL},
};

const CommandGroup cmd_reference_group = {"reference-points", N_("Reference points"), commands};
