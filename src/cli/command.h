/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/option.h"

G_BEGIN_DECLS

/** What may stand in a place, for completion. */
typedef enum {
    COMPLETE_NOTHING,
    COMPLETE_COMMAND,
    COMPLETE_COLLECTION,
    COMPLETE_DOMAIN,
    COMPLETE_SNAPSHOT,
    COMPLETE_JOB,
    COMPLETE_FILE,
    COMPLETE_DIRECTORY,
} CompleteKind;

/** A positional argument. If fewer words are given than there are arguments, the required ones
 * get theirs first and the optional ones what is left, in order. */
typedef struct {
    const char *name; /* as the synopsis shows it: "COLLECTION" */
    gboolean required;
    gboolean repeatable; /* the last one only */
    CompleteKind complete;
} CommandArg;

typedef struct CommandLine CommandLine;

/** All that is known of a command: dispatch, help, completion and the tests read it. A command
 * is added by one more of these in its group's table. */
typedef struct {
    const char *name;
    int (*run)(CliContext *cli, const CommandLine *line); /* returns the exit status; NULL: only
                                                           * the service can do it */
    /* The same with --service; NULL: the service has no part in it. May be run() itself. */
    int (*run_service)(CliContext *cli, const CommandLine *line);
    const char *summary;            /* N_(): one line, no full stop */
    const char *description;        /* N_(): sentences; a line end starts a new paragraph */
    const CommandArg *args;         /* ends with one without a name; NULL: none */
    const GOptionEntry *options;    /* see option.h; NULL: none. What a value stands for is told
                                     * by its arg_description: "DIR", "one|all|none" */
    gsize options_size;             /* of the struct that options refer to */
    const char *const *required;    /* long names of options that must be given; NULL: none */
    gboolean hidden;                /* not in the list of commands */
} Command;

/** Commands that belong together; one source file each. */
typedef struct {
    const char *keyword;     /* for `help KEYWORD` */
    const char *title;       /* N_() */
    const Command *commands; /* ends with one without a name */
} CommandGroup;

extern const CommandGroup cmd_collection_group;
extern const CommandGroup cmd_snapshot_group;
extern const CommandGroup cmd_export_group;
extern const CommandGroup cmd_job_group;
extern const CommandGroup cmd_host_group;

/** All groups, in the order of the help, ended by NULL. */
extern const CommandGroup *const command_groups[];

/** A command line that was understood. */
struct CommandLine {
    const Command *command;
    char **args;            /* one value per CommandArg, NULL where none was given */
    guint n_args;
    char *const *rest;      /* the words of the repeatable argument, ended by NULL */
    gpointer options;       /* the command's options struct */
    char **words;           /* the positional words, which args and rest point into */
};

void command_line_free(CommandLine *line);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CommandLine, command_line_free)

/** command_find: Returns: (nullable): the command @name. */
const Command *command_find(const char *name);

/** command_group_find: Returns: (nullable): the group with the keyword @keyword. */
const CommandGroup *command_group_find(const char *keyword);

/**
 * command_line_parse:
 * @argv: the whole command line, program name first, ended by NULL
 * @globals: (out): the options that are every command's
 *
 * Finds the command, which may have global options before and behind it, and parses its options
 * and arguments. Without a command, or with --help, arguments are not checked.
 *
 * Returns: the line (command NULL if none was named), owned by the caller; a G_OPTION_ERROR that
 * names the word and, if one is near, what was perhaps meant.
 */
CommandLine *command_line_parse(char *const *argv, CliGlobals *globals, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** command_synopsis: Returns: how @command is written, owned by the caller. */
char *command_synopsis(const Command *command);

/** command_run: The whole of main(): parses, dispatches. Returns: the exit status. */
int command_run(CliContext *cli, char *const *argv);

/** help_command: Prints all about @command to standard output. */
void help_command(const Command *command);

/** help_overview: Prints the global options and the commands, grouped. */
void help_overview(void);

/** help_command_json: Returns: all about @command, untranslated names with translated texts. */
JsonObject *help_command_json(const Command *command);

/** help_commands_json: Returns: {"commands":[…]}, all about the commands of @group, NULL: all. */
JsonObject *help_commands_json(const CommandGroup *group);

/** help_group: Prints the commands of @group with their summaries. */
void help_group(const CommandGroup *group);

G_END_DECLS
