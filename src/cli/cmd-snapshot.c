/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/command.h"

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

static const Command commands[] = {
    {
        .name = "snapshot-list",
        .run = cli_not_supported,
        .summary = N_("list the snapshot collections of a collection"),
        .description = N_("A snapshot collection is there when every member has a snapshot of "
                          "the same name, however it was made."),
        .args = collection_args,
    },
    {
        .name = "snapshot-info",
        .run = cli_not_supported,
        .summary = N_("show a snapshot collection, member by member"),
        .description = N_("For each member: when its snapshot was taken, of what kind it is, "
                          "its disks and whether it has a memory state."),
        .args = snapshot_args,
    },
    {
        .name = "snapshot-chain",
        .run = cli_not_supported,
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
