/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "bus/bus-path.h"
#include "cli/cmd-groups.h"
#include "cli/connection.h"
#include "cli/output.h"
#include "cli/plan-show.h"
#include "cli/service.h"
#include "cli/snapshot-create.h"
#include "collection/members.h"
#include "export/export.h"
#include "snapshot/snapshot-list.h"
#include "util/format.h"

typedef struct {
    gboolean dot;
} ChainOptions;

static const GOptionEntry chain_options[] = {
    {"dot", 0, 0, G_OPTION_ARG_NONE, OPTION_MEMBER(ChainOptions, dot),
     N_("print the layers as a graph for Graphviz"), NULL},
    {NULL},
};

static const CommandArg collection_args[] = {
    {"COLLECTION", TRUE, FALSE, COMPLETE_COLLECTION},
    {NULL},
};

static const CommandArg snapshot_args[] = {
    {"COLLECTION", TRUE, FALSE, COMPLETE_COLLECTION},
    {"SNAPSHOT", TRUE, FALSE, COMPLETE_SNAPSHOT},
    {NULL},
};

/* What a command of this group works with. */
typedef struct {
    Hypervisor *hypervisor; /* not owned */
    Members *members;
    VirtSnapExportSettings *settings;
    Control *control;
    ExportSubject subject;
} SnapshotQuery;

static void
query_clear(SnapshotQuery *query)
{
    g_clear_pointer(&query->members, members_free);
    g_clear_pointer(&query->settings, virt_snap_export_settings_free);
    g_clear_pointer(&query->control, control_free);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(SnapshotQuery, query_clear)

/* What is in the collection that the first argument names. */
static gboolean
query_open(SnapshotQuery *query, CliContext *cli, const CommandLine *line, GError **error)
{
    query->members = members_new(line->args[0], NULL, error);
    if (!query->members)
        return FALSE;
    query->hypervisor = cli_connection(cli, error);
    if (!query->hypervisor)
        return FALSE;
    query->settings = virt_snap_export_settings_new();
    query->control = control_new();
    query->subject = (ExportSubject){
        .collection = line->args[0],
        .domains = query->members->domains,
        .snapshot = line->n_args > 1 ? line->args[1] : NULL,
        .settings = query->settings,
    };

    return TRUE;
}

/* --- snapshot-list -------------------------------------------------------- */

/* When the first member's snapshot @name was taken. */
static char *
time_taken(const SnapshotQuery *query, const char *name)
{
    Hypervisor *hypervisor = query->hypervisor;
    const char *domain = g_ptr_array_index(query->members->domains, 0);
    g_autoptr(DomainRecord) record =
        hypervisor->ops->resolve(hypervisor, domain, name, FALSE, FALSE, NULL);
    const SnapshotRecord *snapshot;
    g_autoptr(SnapshotDef) def = NULL;

    if (!record)
        return NULL;
    snapshot = g_ptr_array_index(record->snapshots, 0);
    def = snapshot_def_parse(snapshot->xml, name, NULL);

    return def ? format_time(def->creation_time) : NULL;
}

static void
list_json(CliContext *cli, const SnapshotQuery *query, GPtrArray *names)
{
    JsonObject *result = json_object_new();
    JsonArray *array = json_array_new();

    for (guint i = 0; i < names->len; i++) {
        JsonObject *object = json_object_new();
        g_autofree char *taken = time_taken(query, g_ptr_array_index(names, i));

        json_set_text(object, "name", g_ptr_array_index(names, i));
        json_set_text(object, "taken", taken);
        json_array_add_object_element(array, object);
    }
    json_object_set_array_member(result, "snapshots", array);
    cli_result(cli, result);
}

static int
run_snapshot_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_auto(SnapshotQuery) query = {0};
    g_autoptr(GPtrArray) names = NULL;
    g_autoptr(Table) table = table_new(_("Name"), _("Taken"), NULL);

    if (query_open(&query, cli, line, &error))
        names = snapshot_list_common(query.hypervisor, query.members->domains, &error);
    if (!names)
        return cli_fail(cli, error);
    if (cli->globals.json) {
        list_json(cli, &query, names);
        return CLI_DONE;
    }
    for (guint i = 0; i < names->len; i++) {
        g_autofree char *taken = time_taken(&query, g_ptr_array_index(names, i));

        table_add(table, g_ptr_array_index(names, i), taken, NULL);
    }
    table_print(table, !cli->globals.quiet);

    return CLI_DONE;
}

/* The service tells the names. */
static int
run_service_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = bus_path_collection(line->args[0]);
    g_autoptr(GVariant) answer = cli_service_call(cli, path, "Collection", "ListSnapshots", NULL,
                                                  G_VARIANT_TYPE("(ao)"), &error);
    g_autoptr(Table) table = table_new(_("Name"), NULL);
    g_autofree const char **paths = NULL;
    JsonArray *array = json_array_new();
    JsonObject *result;

    if (!answer) {
        json_array_unref(array);
        return cli_fail(cli, error);
    }
    g_variant_get(answer, "(^a&o)", &paths);
    for (gsize i = 0; paths[i]; i++) {
        g_autofree char *collection = NULL;
        g_autofree char *name = NULL;
        JsonObject *object = json_object_new();

        if (!bus_path_parse_snapshot(paths[i], &collection, &name, NULL))
            continue;
        table_add(table, name, NULL);
        json_set_text(object, "name", name);
        json_array_add_object_element(array, object);
    }
    if (!cli->globals.json)
        table_print(table, !cli->globals.quiet);
    result = json_object_new();
    json_object_set_array_member(result, "snapshots", array);
    cli_result(cli, result);

    return CLI_DONE;
}

/* --- snapshot-info -------------------------------------------------------- */

static GPtrArray *
read_members(const SnapshotQuery *query, GError **error)
{
    g_autoptr(GPtrArray) records =
        export_resolve(query->hypervisor, &query->subject, query->control, error);
    g_autoptr(GPtrArray) defs = g_ptr_array_new_with_free_func((GDestroyNotify)snapshot_def_free);

    for (guint i = 0; records && i < records->len; i++) {
        const DomainRecord *record = g_ptr_array_index(records, i);
        const SnapshotRecord *snapshot = g_ptr_array_index(record->snapshots, 0);
        SnapshotDef *def = snapshot_def_parse(snapshot->xml, record->name, error);

        if (!def)
            return NULL;
        g_ptr_array_add(defs, def);
    }

    return records ? g_steal_pointer(&defs) : NULL;
}

static JsonObject *
member_json(const SnapshotDef *def)
{
    JsonObject *object = json_object_new();
    JsonArray *disks = json_array_new();
    g_autofree char *taken = format_time(def->creation_time);

    json_set_text(object, "domain", def->domain_name);
    json_set_text(object, "uuid", def->domain_uuid);
    json_set_text(object, "taken", taken);
    json_set_text(object, "kind", snapshot_def_kind(def));
    json_set_text(object, "state", def->state);
    json_set_text(object, "parent", def->parent);
    json_set_text(object, "memory", snapshot_location_name(def->memory));
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
    json_object_set_array_member(object, "disks", disks);

    return object;
}

static void
print_members(GPtrArray *defs)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Taken"), _("State"), _("Kind"),
                                       _("Memory"), NULL);

    for (guint i = 0; i < defs->len; i++) {
        const SnapshotDef *def = g_ptr_array_index(defs, i);
        g_autofree char *taken = format_time(def->creation_time);

        table_add(table, def->domain_name, taken, def->state, snapshot_def_kind(def),
                  snapshot_location_name(def->memory), NULL);
    }
    table_print(table, TRUE);
}

static void
print_disks(GPtrArray *defs)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("Disk"), _("Device"), _("Snapshot"), _("Source"), NULL);

    for (guint i = 0; i < defs->len; i++) {
        const SnapshotDef *def = g_ptr_array_index(defs, i);

        for (guint j = 0; j < def->disks->len; j++) {
            const DiskDef *disk = g_ptr_array_index(def->disks, j);

            table_add(table, def->domain_name, disk->target, disk->device,
                      snapshot_location_name(disk->location), disk->storage->label, NULL);
        }
    }
    table_print(table, TRUE);
}

static int
run_snapshot_info(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_auto(SnapshotQuery) query = {0};
    g_autoptr(GPtrArray) defs = NULL;
    JsonObject *result;
    JsonArray *members;

    if (query_open(&query, cli, line, &error))
        defs = read_members(&query, &error);
    if (!defs)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        print_members(defs);
        putchar('\n');
        print_disks(defs);
        return CLI_DONE;
    }
    members = json_array_new();
    for (guint i = 0; i < defs->len; i++)
        json_array_add_object_element(members, member_json(g_ptr_array_index(defs, i)));
    result = json_object_new();
    json_set_text(result, "collection", line->args[0]);
    json_set_text(result, "snapshot", line->args[1]);
    json_object_set_array_member(result, "members", members);
    cli_result(cli, result);

    return CLI_DONE;
}

/* --- snapshot-chain ------------------------------------------------------- */

static int
run_snapshot_chain(CliContext *cli, const CommandLine *line)
{
    const ChainOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    g_auto(SnapshotQuery) query = {0};
    g_autoptr(Plan) plan = NULL;

    if (query_open(&query, cli, line, &error))
        plan = export_plan(query.hypervisor, &query.subject, query.control, &error);
    if (!plan)
        return cli_fail(cli, error);
    if (cli->globals.json)
        cli_result(cli, plan_show_chains_json(plan));
    else if (options->dot)
        plan_show_dot(plan);
    else
        plan_show_chains(plan);

    return CLI_DONE;
}

static const CommandArg create_args[] = {
    {"COLLECTION", FALSE, FALSE, COMPLETE_COLLECTION},
    {"SNAPSHOT", FALSE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

static const Command commands[] = {
    {
        .name = "snapshot-create-as",
        .run = snapshot_create,
        .summary = N_("take a snapshot of every member of a collection, at one moment"),
        .description = N_("Takes a snapshot of the same name of every member of COLLECTION, or of "
                          "the domains named with --domain: of all, or of none. With --quiesce "
                          "all guests freeze their file systems first, each within the timeout, "
                          "with --pause all are stopped; then all snapshots are taken side by "
                          "side, and all go on, whatever happens. Members that are shut off join "
                          "in. Without SNAPSHOT the name is the present time in UTC, as "
                          "20261127T180000Z.\n"
                          "All that is in the way is told before anything is changed. What was "
                          "reached of each member is recorded, and comes with an export."),
        .args = create_args,
        .options = snapshot_create_options,
        .options_size = sizeof(SnapshotCreateOptions),
    },
    {
        .name = "snapshot-list",
        .run = run_snapshot_list,
        .run_service = run_service_list,
        .summary = N_("list the snapshot collections of a collection"),
        .description = N_("A snapshot collection is there when every member has a snapshot of "
                          "the same name, however it was made."),
        .args = collection_args,
    },
    {
        .name = "snapshot-info",
        .run = run_snapshot_info,
        .summary = N_("show a snapshot collection, member by member"),
        .description = N_("For each member: when its snapshot was taken, of what kind it is, "
                          "its disks and whether it has a memory state."),
        .args = snapshot_args,
    },
    {
        .name = "snapshot-chain",
        .run = run_snapshot_chain,
        .summary = N_("draw the image layers of a snapshot collection as trees"),
        .description = N_("For each disk the layers from the snapshot's image down to the base, "
                          "with their sizes; layers that several disks share are marked."),
        .args = snapshot_args,
        .options = chain_options,
        .options_size = sizeof(ChainOptions),
    },
    {NULL},
};

const CommandGroup cmd_snapshot_group = {"snapshots", N_("Snapshot collections"), commands};
