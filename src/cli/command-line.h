/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/**
 * command_line_parse:
 * @groups: all commands, terminated by NULL
 * @argv: the whole command line, program name first, terminated by NULL
 * @globals: (out): the global options
 *
 * Finds the command, which may have global options before and behind it, and parses its options
 * and arguments. Without a command, or with --help, arguments are not checked.
 *
 * Returns: the line (command NULL if none was named), owned by the caller; NULL with a
 * G_OPTION_ERROR that names the wrong word and, if there is a similar one, suggests it.
 */
CommandLine *command_line_parse(const CommandGroup *const *groups, char *const *argv,
                                CliGlobals *globals, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
