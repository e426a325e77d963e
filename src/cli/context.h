/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <json-glib/json-glib.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/** The exit statuses of the command. */
typedef enum {
    CLI_DONE = 0,
    CLI_FAILED = 1,
    CLI_USAGE = 2,
} CliStatus;

/** The options that every command has. */
typedef struct {
    char *connect; /* connection URI; NULL: libvirt's default */
    gboolean quiet;
    gboolean debug;
    gboolean json;
    gboolean service;
    gboolean version;
    gboolean help;
} CliGlobals;

/** Their table, for parsing, help and completion. */
extern const GOptionEntry cli_globals[];

typedef struct CommandGroup CommandGroup; /* see command.h */

/** What one run of the command carries with it. */
typedef struct CliContext CliContext;
struct CliContext {
    CliGlobals globals;
    const CommandGroup *const *groups; /* all commands, ended by NULL */
    CliContext *session; /* the shell whose line this is; NULL: not in a shell */
    gboolean leave;      /* of a shell: no more lines */
    Hypervisor *hypervisor; /* NULL until a command asks for it: see connection.h */
    JsonObject *result;        /* what --json prints at the end; NULL: just {"result":0} */
};

/** cli_context_new: @groups: all commands, ended by NULL; they outlive it. Returns: a context for
 * one run of the command, owned by the caller. */
CliContext *cli_context_new(const CommandGroup *const *groups);

/**
 * cli_context_new_line:
 * @session: a shell, which outlives it
 *
 * Returns: a context for one command of the shell, which has the shell's options; owned by the
 * caller.
 */
CliContext *cli_context_new_line(CliContext *session);

void cli_context_free(CliContext *cli);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CliContext, cli_context_free)

/**
 * cli_fail:
 * @error: what went wrong
 *
 * Tells the user: "error: …" on standard error, or the object {"error":…} with --json.
 * Returns: CLI_FAILED, or CLI_USAGE if @error is a G_OPTION_ERROR.
 */
int cli_fail(CliContext *cli, const GError *error) G_GNUC_WARN_UNUSED_RESULT;

/** cli_fail_options: cli_fail() for what has been found wrong while options were read. Returns:
 * CLI_USAGE if @error is INVALID_PARAMETER, for then it is the command line that is wrong. */
int cli_fail_options(CliContext *cli, const GError *error) G_GNUC_WARN_UNUSED_RESULT;

/** cli_usage: cli_fail() for a command line that makes no sense. Returns: CLI_USAGE. */
int cli_usage(CliContext *cli, const char *format, ...) G_GNUC_PRINTF(2, 3)
    G_GNUC_WARN_UNUSED_RESULT;

/** cli_message: A line on standard output that says what was done; not with --quiet or --json. */
void cli_message(CliContext *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);

/** cli_warning: "warning: …" on standard error. */
void cli_warning(const char *format, ...) G_GNUC_PRINTF(1, 2);

/**
 * cli_result:
 * @result: (transfer full): what --json prints when the command ends
 *
 * A handler calls it at most once, and prints nothing else to standard output with --json.
 */
void cli_result(CliContext *cli, JsonObject *result);

/**
 * cli_finish:
 * @status: what the command returned
 *
 * Prints the JSON object if one is wanted and sees to it that all of standard output was written.
 * Returns: @status, or CLI_FAILED if the output could not be written.
 */
int cli_finish(CliContext *cli, int status) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
