/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>

#include "cli/command-line.h"
#include "cli/command-run.h"
#include "cli/help.h"

/* Whether a command line that could not be parsed has --json, so that its error is printed as
 * JSON. */
static gboolean
wants_json(char *const *argv)
{
    for (; *argv && strcmp(*argv, "--") != 0; argv++) {
        if (strcmp(*argv, "--json") == 0)
            return TRUE;
    }

    return FALSE;
}

static int
not_by_service(CliContext *cli, const Command *command)
{
    g_autoptr(GError) error =
        g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The service does not do '%s'; leave out --service"), command->name);

    return cli_fail(cli, error);
}

/* What is said to the service is text, and the bus has no other than UTF-8. */
static gboolean
check_words(char *const *argv, GError **error)
{
    for (; *argv; argv++) {
        g_autofree char *shown = g_strescape(*argv, NULL);

        if (g_utf8_validate(*argv, -1, NULL))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is not UTF-8, and the service takes nothing else; leave out "
                      "--service and --async"),
                    shown);
        return FALSE;
    }

    return TRUE;
}

static gboolean
is_for_service(const CliContext *cli, const CommandLine *line, char *const *argv)
{
    return cli->globals.service || !line->command->run ||
           g_strv_contains((const char *const *)argv, "--async");
}

static int
run_command_line(CliContext *cli, const CommandLine *line, char *const *argv,
                 CommandFunc without_command)
{
    g_autoptr(GError) error = NULL;

    if (cli->globals.debug)
        g_log_set_debug_enabled(TRUE);

    if (!line->command && !without_command)
        return cli_usage(cli, _("options alone do nothing; name a command: 'help' lists them"));
    if (!line->command)
        return without_command(cli);

    if (is_for_service(cli, line, argv) && !check_words(argv, &error))
        return cli_fail(cli, error);
    if (cli->globals.service && !line->command->run_service)
        return not_by_service(cli, line->command);
    if (cli->globals.service || !line->command->run)
        return line->command->run_service(cli, line);

    return line->command->run(cli, line);
}

static void
print_version(CliContext *cli)
{
    JsonObject *result;

    cli_message(cli, "virtsnap %s", PACKAGE_VERSION);
    if (cli->globals.quiet && !cli->globals.json)
        printf("%s\n", PACKAGE_VERSION);
    if (!cli->globals.json)
        return;

    result = json_object_new();
    json_object_set_string_member(result, "virtsnap", PACKAGE_VERSION);
    cli_result(cli, result);
}

static void
show_help(CliContext *cli, const Command *command)
{
    if (cli->globals.json)
        cli_result(cli, command ? help_command_json(command) : help_commands_json(cli->groups));
    else if (command)
        help_command(command);
    else
        help_overview(cli->groups);
}

int
command_run(CliContext *cli, char *const *argv, CommandFunc without_command)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(CommandLine) line =
        command_line_parse(cli->groups, argv, &cli->globals, &error);

    if (!line) {
        cli->globals.json |= wants_json(argv);
        return cli_fail(cli, error);
    }
    if (cli->globals.help) {
        show_help(cli, line->command);
        return CLI_DONE;
    }
    if (cli->globals.version) {
        print_version(cli);
        return CLI_DONE;
    }

    return run_command_line(cli, line, argv, without_command);
}
