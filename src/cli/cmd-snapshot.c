/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/cmd-groups.h"
#include "cli/connection.h"
#include "cli/plan-show.h"
#include "cli/snapshot-create.h"
#include "cli/snapshot-change.h"
#include "cli/snapshot-info.h"
#include "collection/members.h"
#include "export/export.h"

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

/* The members and records that a command of this group works with. */
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

/* Reads the members of the collection that the first argument names. */
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
        .run_service = snapshot_create,
        .summary = N_("take a snapshot of every member of a collection, at one moment"),
        .description = N_("Takes a snapshot of the same name of every member of COLLECTION, or of "
                          "the domains named with --domain: of all, or of none. With --quiesce "
                          "all guests freeze their file systems first, each within the timeout, "
                          "otherwise all are stopped, if several run; then all snapshots are taken "
                          "side by side, and all go on, whatever happens. With --no-pause nobody "
                          "is stopped. Members that are shut off join "
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
        .run_service = run_snapshot_list,
        .summary = N_("list the snapshot collections of a collection"),
        .description = N_("A snapshot collection is there when every member has a snapshot of "
                          "the same name, however it was made. Those that virtsnap made are "
                          "listed, too, if members lack them by now."),
        .args = collection_args,
    },
    {
        .name = "snapshot-info",
        .run = run_snapshot_info,
        .run_service = run_snapshot_info,
        .summary = N_("show a snapshot collection, member by member"),
        .description = N_("Whether every member has it and its images still hold what they held; "
                          "what made it, and how long the members stood still. For each member: "
                          "when its snapshot was taken, of what kind it is, its disks, whether it "
                          "has a memory state, and the consistency that was reached."),
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
    {
        .name = "snapshot-apply",
        .run = run_snapshot_apply,
        .run_service = run_snapshot_apply,
        .summary = N_("have all domains of a collection go back to a snapshot collection"),
        .description = N_("By libvirt where it can go back to external snapshots, else each domain "
                          "is defined as it was, on a new layer above what the snapshot froze. A "
                          "memory state goes on where it stood; without one a domain is shut off "
                          "afterwards, unless --start or --paused is given.\n"
                          "The present state of all domains, memory included, is kept as a "
                          "snapshot collection named before-SNAPSHOT. When something fails, what "
                          "was changed is put back."),
        .args = snapshot_args,
        .options = apply_options,
        .options_size = sizeof(ApplyOptions),
    },
    {
        .name = "snapshot-delete",
        .run = run_snapshot_delete,
        .run_service = run_snapshot_delete,
        .summary = N_("remove a snapshot collection, and merge its layers"),
        .description = N_("What the domains have written since an external snapshot is merged "
                          "into the layer that it froze, while they run or when they are shut "
                          "off; internal snapshots are deleted. Nothing is changed if a layer is "
                          "needed by another domain of this host, another snapshot, or the set of "
                          "another collection: the answer names them.\n"
                          "When it is interrupted, by whatever, the domains have all their data, "
                          "and the same command goes on."),
        .args = snapshot_args,
        .options = delete_options,
        .options_size = sizeof(DeleteOptions),
    },
    {NULL},
};

const CommandGroup cmd_snapshot_group = {"snapshots", N_("Snapshot collections"), commands};
