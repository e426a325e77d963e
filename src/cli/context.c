/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/context.h"
#include "cli/option.h"
#include "cli/output.h"

#define MEMBER(member) OPTION_MEMBER(CliGlobals, member)

const GOptionEntry cli_globals[] = {
    {"connect", 'c', 0, G_OPTION_ARG_FILENAME, MEMBER(connect),
     N_("connect to the hypervisor at URI"), "URI"},
    {"quiet", 'q', 0, G_OPTION_ARG_NONE, MEMBER(quiet),
     N_("print results only: no headings, confirmations or progress"), NULL},
    {"debug", 'd', 0, G_OPTION_ARG_NONE, MEMBER(debug),
     N_("log to standard error what is being done"), NULL},
    {"json", 0, 0, G_OPTION_ARG_NONE, MEMBER(json),
     N_("print one JSON object instead of text"), NULL},
    {"service", 0, 0, G_OPTION_ARG_NONE, MEMBER(service),
     N_("let the service virtsnapd do it"), NULL},
    {"version", 'V', 0, G_OPTION_ARG_NONE, MEMBER(version),
     N_("print the version of virtsnap and end"), NULL},
    {"help", 'h', 0, G_OPTION_ARG_NONE, MEMBER(help),
     N_("print help, for the command if there is one, and end"), NULL},
    {NULL},
};

CliContext *
cli_context_new(const CommandGroup *const *groups)
{
    CliContext *self = g_new0(CliContext, 1);

    self->groups = groups;

    return self;
}

CliContext *
cli_context_new_line(CliContext *session)
{
    CliContext *cli = cli_context_new(session->groups);

    /* The connection is not copied: see connection.h. */
    cli->session = session;
    cli->globals.quiet = session->globals.quiet;
    cli->globals.debug = session->globals.debug;
    cli->globals.json = session->globals.json;
    cli->globals.service = session->globals.service;

    return cli;
}

void
cli_context_free(CliContext *cli)
{
    if (!cli)
        return;
    option_table_clear(cli_globals, &cli->globals);
    g_clear_pointer(&cli->hypervisor, hypervisor_free);
    g_clear_pointer(&cli->result, json_object_unref);
    g_free(cli);
}

/* Prints a diagnostic as one line without control characters, because its text may quote a
 * hypervisor or a file system and must not move the cursor or begin another line. */
static void
print_diagnostic(const char *kind, const char *message)
{
    g_autofree char *safe = text_printable(message);

    /* Flush standard output first, so that a terminal shows all messages in the order of events. */
    fflush(stdout);
    fprintf(stderr, "%s: %s\n", kind, safe);
}

int
cli_fail(CliContext *cli, const GError *error)
{
    if (cli->globals.json) {
        g_autoptr(JsonObject) inner = json_object_new();
        JsonObject *outer = json_object_new();
        guint code = virt_snap_error_result_code(error);

        json_object_set_int_member(inner, "code", code);
        json_object_set_string_member(inner, "name", virt_snap_error_result_name(code));
        json_set_text(inner, "message", error->message);
        json_object_set_object_member(outer, "error", g_steal_pointer(&inner));
        cli_result(cli, outer);
    } else {
        print_diagnostic(_("error"), error->message);
    }

    return error->domain == G_OPTION_ERROR ? CLI_USAGE : CLI_FAILED;
}

int
cli_fail_options(CliContext *cli, const GError *error)
{
    int status = cli_fail(cli, error);

    return g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER) ? CLI_USAGE
                                                                                      : status;
}

int
cli_usage(CliContext *cli, const char *format, ...)
{
    g_autoptr(GError) error = NULL;
    va_list args;

    va_start(args, format);
    error = g_error_new_valist(G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE, format, args);
    va_end(args);

    return cli_fail(cli, error);
}

void
cli_message(CliContext *cli, const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    if (cli->globals.quiet || cli->globals.json)
        return;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    puts(message);
}

void
cli_warning(const char *format, ...)
{
    g_autofree char *message = NULL;
    va_list args;

    va_start(args, format);
    message = g_strdup_vprintf(format, args);
    va_end(args);
    print_diagnostic(_("warning"), message);
}

void
cli_result(CliContext *cli, JsonObject *result)
{
    g_clear_pointer(&cli->result, json_object_unref);
    cli->result = result;
}

static void
print_result(CliContext *cli, int status)
{
    g_autofree char *text = NULL;

    if (!cli->result) {
        cli->result = json_object_new();
        json_object_set_int_member(cli->result, "result",
                                   status == CLI_DONE ? 0 : VIRT_SNAP_ERROR_FAILED);
    }
    text = json_object_to_line(cli->result);
    puts(text);
}

int
cli_finish(CliContext *cli, int status)
{
    if (cli->globals.json)
        print_result(cli, status);

    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;

    /* Not printed by cli_fail(), which with --json would use the same broken standard output. */
    if (errno)
        fprintf(stderr, _("error: cannot write to standard output: %s\n"), g_strerror(errno));
    else
        fputs(_("error: cannot write to standard output\n"), stderr);

    return status == CLI_DONE ? CLI_FAILED : status;
}
