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
    COMPLETE_POOL,
    COMPLETE_SNAPSHOT,
    COMPLETE_REFERENCE_POINT,
    COMPLETE_NIGHT, /* the configuration of a nightly export */
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
struct CommandGroup {
    const char *keyword;     /* for `help KEYWORD` */
    const char *title;       /* N_() */
    const Command *commands; /* ends with one without a name */
};

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

/** command_find: Returns: (nullable): the command @name of @groups, ended by NULL. */
const Command *command_find(const CommandGroup *const *groups, const char *name);

/** command_group_find: Returns: (nullable): the one of @groups with the keyword @keyword. */
const CommandGroup *command_group_find(const CommandGroup *const *groups, const char *keyword);

G_END_DECLS
