/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "cli/command.h"

const Command *
command_find(const CommandGroup *const *groups, const char *name)
{
    for (gsize i = 0; groups[i]; i++) {
        for (const Command *command = groups[i]->commands; command->name; command++) {
            if (strcmp(command->name, name) == 0)
                return command;
        }
    }

    return NULL;
}

const CommandGroup *
command_group_find(const CommandGroup *const *groups, const char *keyword)
{
    for (gsize i = 0; groups[i]; i++) {
        if (strcmp(groups[i]->keyword, keyword) == 0)
            return groups[i];
    }

    return NULL;
}

void
command_line_free(CommandLine *line)
{
    if (!line)
        return;
    if (line->options)
        option_table_clear(line->command->options, line->options);
    g_free(line->options);
    g_free(line->args);
    g_strfreev(line->words);
    g_free(line);
}
