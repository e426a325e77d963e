/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"

G_BEGIN_DECLS

/** What a line without a command does. Returns: the exit status. */
typedef int (*CommandFunc)(CliContext *cli);

/**
 * command_run:
 * @argv: the whole command line, program name first, ended by NULL
 * @without_command: (nullable): what to do if @argv names none; NULL: that is an error
 *
 * Parses the line, and runs the command of cli->groups that it names.
 *
 * Returns: the exit status; errors have been told.
 */
int command_run(CliContext *cli, char *const *argv, CommandFunc without_command)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
