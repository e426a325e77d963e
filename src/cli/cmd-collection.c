/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/command.h"

typedef struct {
    char **domains;
    char **collections;
} MemberOptions;

static const GOptionEntry member_options[] = {
    {"domain", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OPTION_MEMBER(MemberOptions, domains),
     N_("a domain that is meant; may be repeated"), "DOMAIN"},
    {"collection", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, OPTION_MEMBER(MemberOptions, collections),
     N_("a collection that is meant; may be repeated"), "COLLECTION"},
    {NULL},
};

static const CommandArg file_args[] = {
    {"FILE", TRUE, FALSE, COMPLETE_FILE},
    {NULL},
};

static const CommandArg new_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

static const CommandArg name_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_COLLECTION},
    {NULL},
};

static const CommandArg rename_args[] = {
    {"NAME", TRUE, FALSE, COMPLETE_COLLECTION},
    {"NEW", TRUE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

static const Command commands[] = {
    {
        .name = "collection-define",
        .run = cli_not_supported,
        .summary = N_("define a collection from an XML file"),
        .description = N_("Reads a <collection> from FILE ('-' is standard input), checks it "
                          "against its schema and stores it."),
        .args = file_args,
    },
    {
        .name = "collection-create-as",
        .run = cli_not_supported,
        .summary = N_("define a collection from a list of members"),
        .description = N_("Stores a new collection NAME whose members are the domains and "
                          "collections named."),
        .args = new_args,
        .options = member_options,
        .options_size = sizeof(MemberOptions),
    },
    {
        .name = "collection-list",
        .run = cli_not_supported,
        .summary = N_("list the collections"),
        .description = N_("Lists all collections with the number of their members. Needs no "
                          "connection."),
    },
    {
        .name = "collection-dumpxml",
        .run = cli_not_supported,
        .summary = N_("print a collection as XML"),
        .description = N_("Prints the stored <collection>, which collection-define reads again."),
        .args = name_args,
    },
    {
        .name = "collection-rename",
        .run = cli_not_supported,
        .summary = N_("give a collection another name"),
        .description = N_("Collections that have it as a member follow. Exports that were made "
                          "keep the old name."),
        .args = rename_args,
    },
    {
        .name = "collection-undefine",
        .run = cli_not_supported,
        .summary = N_("forget a collection"),
        .description = N_("Removes the collection; its members, their snapshots and their exports "
                          "stay as they are."),
        .args = name_args,
    },
    {
        .name = "collection-add",
        .run = cli_not_supported,
        .summary = N_("add members to a collection"),
        .description = N_("Adds all the domains and collections named, or none of them if one "
                          "cannot be added."),
        .args = name_args,
        .options = member_options,
        .options_size = sizeof(MemberOptions),
    },
    {
        .name = "collection-remove",
        .run = cli_not_supported,
        .summary = N_("remove members from a collection"),
        .description = N_("Removes all the domains and collections named, or none of them if one "
                          "is no member."),
        .args = name_args,
        .options = member_options,
        .options_size = sizeof(MemberOptions),
    },
    {NULL},
};

const CommandGroup cmd_collection_group = {"collections", N_("Collections"), commands};
