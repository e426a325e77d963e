/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"

G_BEGIN_DECLS

/** Called for a command line without a command. Returns: the exit status. */
typedef int (*CommandFunc)(CliContext *cli);

/**
 * command_run:
 * @argv: the whole command line, program name first, ended by NULL
 * @without_command: (nullable): called if @argv has no command; NULL: that is an error
 *
 * Parses the line, and runs the command of cli->groups that it names.
 *
 * Returns: the exit status; errors have been printed.
 */
int command_run(CliContext *cli, char *const *argv, CommandFunc without_command)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
