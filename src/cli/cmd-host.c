/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/cmd-groups.h"
#include "cli/complete.h"
#include "cli/connection.h"
#include "cli/help.h"
#include "cli/output.h"

static HostInfo *
query_host_info(CliContext *cli, GError **error)
{
    Hypervisor *hypervisor = cli_connection(cli, error);

    return hypervisor ? hypervisor->ops->host_info(hypervisor, error) : NULL;
}

static int
run_uri(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HostInfo) info = query_host_info(cli, &error);
    JsonObject *result;

    if (!info)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        printf("%s\n", info->uri);
        return CLI_DONE;
    }

    result = json_object_new();
    json_set_text(result, "uri", info->uri);
    cli_result(cli, result);

    return CLI_DONE;
}

static void
print_host(const HostInfo *info)
{
    printf(_("virtsnap:   %s\n"), PACKAGE_VERSION);
    printf(_("libvirt:    %s\n"), info->libvirt_version);
    printf(_("hypervisor: %s %s\n"), info->type, info->version);
    printf(_("host:       %s\n"), info->host);
    printf(_("connection: %s\n"), info->uri);
}

static int
run_version(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(HostInfo) info = query_host_info(cli, &error);
    JsonObject *result;

    if (!info)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        print_host(info);
        return CLI_DONE;
    }

    result = json_object_new();
    json_object_set_string_member(result, "virtsnap", PACKAGE_VERSION);
    json_set_text(result, "libvirt", info->libvirt_version);
    json_set_text(result, "hypervisor", info->type);
    json_set_text(result, "hypervisorVersion", info->version);
    json_set_text(result, "host", info->host);
    json_set_text(result, "uri", info->uri);
    cli_result(cli, result);

    return CLI_DONE;
}

static int
run_help(CliContext *cli, const CommandLine *line)
{
    const char *topic = line->args[0];
    const CommandGroup *group = topic ? command_group_find(cli->groups, topic) : NULL;
    const Command *command = topic ? command_find(cli->groups, topic) : NULL;
    const CommandGroup *const alone[] = {group, NULL};

    if (topic && !command && !group)
        return cli_usage(cli, _("there is neither a command nor a group of commands '%s'; "
                                "'virtsnap help' lists them"),
                         topic);

    if (cli->globals.json)
        cli_result(cli, command ? help_command_json(command)
                                : help_commands_json(group ? alone : cli->groups));
    else if (command)
        help_command(command);
    else if (group)
        help_group(group);
    else
        help_overview(cli->groups);

    return CLI_DONE;
}

static int
run_quit(CliContext *cli, const CommandLine *line)
{
    if (cli->session)
        cli->session->leave = TRUE;

    return CLI_DONE;
}

static int
run_complete(CliContext *cli, const CommandLine *line)
{
    complete_words(cli, line->rest);

    return CLI_DONE;
}

static const CommandArg help_args[] = {
    {"COMMAND", FALSE, FALSE, COMPLETE_COMMAND},
    {NULL},
};

static const CommandArg complete_args[] = {
    {"WORD", FALSE, TRUE, COMPLETE_NOTHING},
    {NULL},
};

static const Command commands[] = {
    {
        .name = "uri",
        .run = run_uri,
        .summary = N_("print the connection's URI"),
        .description = N_("Connects to the hypervisor and prints the URI that it names itself by."),
    },
    {
        .name = "version",
        .run = run_version,
        .summary = N_("print the versions of virtsnap, libvirt and the hypervisor"),
        .description = N_("Connects to the hypervisor and prints its version, that of libvirt and "
                          "that of virtsnap. The option --version does without a connection."),
    },
    {
        .name = "help",
        .run = run_help,
        .run_service = run_help,
        .summary = N_("list the commands, or tell all about one"),
        .description = N_("Without COMMAND lists the commands in their groups; with the name of a "
                          "command or the keyword of a group tells all about it."),
        .args = help_args,
    },
    {
        .name = "quit",
        .run = run_quit,
        .summary = N_("leave the interactive shell"),
        .description = N_("Ends the shell that virtsnap is without a command. So does the end of "
                          "its input, Ctrl-D at a terminal."),
    },
    {
        .name = "exit",
        .run = run_quit,
        .summary = N_("leave the interactive shell"),
        .description = N_("Another name for quit."),
    },
    {
        .name = "complete",
        .run = run_complete,
        .run_service = run_complete,
        .summary = N_("say what can complete a command line"),
        .description = N_("For the shell's completion: takes the words of a command line as they "
                          "are written, quotes included, and prints what the last one can be."),
        .args = complete_args,
        .hidden = TRUE,
    },
    {NULL},
};

const CommandGroup cmd_host_group = {"host", N_("Host and virtsnap itself"), commands};
