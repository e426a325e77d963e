/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/** help_command: Prints all about @command to standard output. */
void help_command(const Command *command);

/** help_overview: Prints the global options and the commands of @groups, ended by NULL. */
void help_overview(const CommandGroup *const *groups);

/** help_group: Prints the commands of @group with their summaries. */
void help_group(const CommandGroup *group);

/** help_command_json: Returns: all about @command, untranslated names with translated texts. */
JsonObject *help_command_json(const Command *command);

/** help_commands_json: Returns: {"commands":[…]}, all about the commands of @groups. */
JsonObject *help_commands_json(const CommandGroup *const *groups);

G_END_DECLS
