/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"

G_BEGIN_DECLS

/**
 * shell_run:
 * @session: with the options of the shell itself; its connection serves every command
 *
 * Runs the commands that standard input holds: at a terminal with a prompt, history and completion,
 * else as a script. A command that fails does not end it.
 *
 * Returns: the exit status: at a terminal CLI_DONE, else that of the last command that failed.
 */
int shell_run(CliContext *session) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
