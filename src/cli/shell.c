/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command-run.h"
#include "cli/shell-terminal.h"
#include "cli/shell-words.h"
#include "cli/shell.h"

static int
run_command(CliContext *session, char *const *argv)
{
    g_autoptr(CliContext) cli = cli_context_new_line(session);
    int status = command_run(cli, argv, NULL);

    return cli_finish(cli, status);
}

/* Runs the commands of @line. Returns: the status of the last one that failed. */
static int
shell_run_line(CliContext *session, const char *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) commands = shell_split(line, &error);
    int result = CLI_DONE;

    if (!commands) {
        g_autoptr(CliContext) cli = cli_context_new_line(session);

        return cli_finish(cli, cli_fail(cli, error));
    }
    for (guint i = 0; i < commands->len && !session->leave; i++) {
        int status = run_command(session, g_ptr_array_index(commands, i));

        result = status == CLI_DONE ? result : status;
    }

    return result;
}

static int
read_failed(CliContext *session, const char *reason)
{
    g_autoptr(GError) error =
        g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("cannot read commands from standard input: %s"), reason);
    g_autoptr(CliContext) cli = cli_context_new_line(session);

    return cli_finish(cli, cli_fail(cli, error));
}

static int
run_script(CliContext *session)
{
    g_autofree char *line = NULL; /* allocated by getline(); g_free() uses the same allocator */
    gsize size = 0;
    gssize length;
    int result = CLI_DONE;

    while (!session->leave && (length = getline(&line, &size, stdin)) >= 0) {
        int status;

        if (strlen(line) != (gsize)length)
            return read_failed(session, _("a line holds a zero byte"));
        status = shell_run_line(session, line);
        result = status == CLI_DONE ? result : status;
    }

    return ferror(stdin) ? read_failed(session, g_strerror(errno)) : result;
}

static int
run_terminal(CliContext *session)
{
    /* The prompt ends in '#' for root, as in virsh. */
    const char *prompt = geteuid() == 0 ? "virtsnap # " : "virtsnap> ";

    cli_message(session, "%s\n",
                _("Welcome to virtsnap, which exports collections of virtual machine snapshots.\n\n"
                  "Type:  'help' for help with commands\n"
                  "       'quit' to quit"));
    shell_terminal_open(session);

    while (!session->leave) {
        g_autofree char *line = shell_terminal_read(prompt);

        if (!line) {
            putchar('\n');
            break;
        }
        /* Errors have been printed, and an interactive shell has no status to return. */
        (void)shell_run_line(session, line);
    }

    return CLI_DONE;
}

int
shell_run(CliContext *session)
{
    int status = isatty(STDIN_FILENO) ? run_terminal(session) : run_script(session);

    /* Each command has printed its own JSON result. */
    session->globals.json = FALSE;

    return status;
}
