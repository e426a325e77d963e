/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "cli/command-line.h"

static gboolean
unknown_command(const CommandGroup *const *groups, const char *name, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const char *nearest;

    for (gsize i = 0; groups[i]; i++) {
        for (const Command *command = groups[i]->commands; command->name; command++) {
            if (!command->hidden)
                g_ptr_array_add(names, (gpointer)command->name);
        }
    }
    nearest = option_nearest(name, names);

    if (nearest)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("there is no command '%s'; did you mean '%s'?"), name, nearest);
    else
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("there is no command '%s'; 'virtsnap help' lists them"), name);

    return FALSE;
}

static void
unknown_option(const OptionScanner *scanner, const Command *command, const char *word,
               GError **error)
{
    const char *nearest = option_nearest_in(scanner, word);

    if (nearest)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                    _("there is no option '%s'; did you mean '--%s'?"), word, nearest);
    else if (command)
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                    _("there is no option '%s'; see 'virtsnap help %s', and write '--' before "
                      "a name that starts with a dash"),
                    word, command->name);
    else
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
                    _("there is no option '%s' for all commands; see 'virtsnap help'"), word);
}

/* Handles a word other than the command: passes it to GOptionContext in @out, or refuses it. */
static gboolean
line_take_word(const OptionScanner *scanner, const Command *command, WordKind kind,
               const char *word, const char *split, GPtrArray *out, GError **error)
{
    if (kind == WORD_UNKNOWN) {
        unknown_option(scanner, command, word, error);
        return FALSE;
    }
    if (kind == WORD_UNWANTED_VALUE) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("'%s': the option %.*s takes no value"), word, (int)strcspn(word, "="), word);
        return FALSE;
    }

    /* GOptionContext only accepts the value of a short option as a word of its own. */
    if (split)
        g_ptr_array_add(out, g_strndup(word, (gsize)(split - word)));
    g_ptr_array_add(out, scanner->bare ? g_strconcat(word, "=", NULL)
                                       : g_strdup(split ? split : word));

    return TRUE;
}

/* Splits @argv: sets *@command to the command that the first argument names, and collects all other
 * words in @out for GOptionContext. */
static gboolean
split_words(const CommandGroup *const *groups, char *const *argv, const Command **command,
            GPtrArray *out, GError **error)
{
    OptionScanner scanner = {{cli_globals, NULL}, NULL, FALSE, FALSE};

    g_ptr_array_add(out, g_strdup(argv[0] ? argv[0] : "virtsnap"));

    for (gsize i = 1; argv[0] && argv[i]; i++) {
        const char *split;
        WordKind kind = option_scan(&scanner, argv[i], &split);

        if (kind == WORD_ARGUMENT && !*command) {
            *command = command_find(groups, argv[i]);
            if (!*command)
                return unknown_command(groups, argv[i], error);
            scanner.tables[1] = (*command)->options;
            continue;
        }
        if (!line_take_word(&scanner, *command, kind, argv[i], split, out, error))
            return FALSE;
    }
    if (scanner.pending) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("the option --%s needs a value: --%s %s"), scanner.pending->long_name,
                    scanner.pending->long_name, scanner.pending->arg_description);
        return FALSE;
    }

    return TRUE;
}

static gboolean
parse_command_options(CommandLine *line, CliGlobals *globals, char **words, GError **error)
{
    const GOptionEntry *table = line->command ? line->command->options : NULL;
    g_autofree GOptionEntry *own = option_table_bind(table, line->options);
    g_autofree GOptionEntry *common = option_table_bind(cli_globals, globals);
    const GOptionEntry rest[] = {
        {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &line->words, NULL, NULL},
        {NULL},
    };
    g_autoptr(GOptionContext) context = g_option_context_new(NULL);
    /* g_option_context_parse_strv() removes the words that it has parsed from the array. */
    g_auto(GStrv) left = g_strdupv(words);

    g_option_context_set_help_enabled(context, FALSE);
    g_option_context_add_main_entries(context, own, NULL);
    g_option_context_add_main_entries(context, common, NULL);
    g_option_context_add_main_entries(context, rest, NULL);

    return g_option_context_parse_strv(context, &left, error);
}

static gboolean
has_value(const GOptionEntry *entry, gconstpointer options)
{
    return *(gconstpointer const *)G_STRUCT_MEMBER_P(options, (gintptr)entry->arg_data) != NULL;
}

static gboolean
check_required(const CommandLine *line, GError **error)
{
    const Command *command = line->command;

    for (gsize i = 0; command->required && command->required[i]; i++) {
        const char *name = command->required[i];
        const GOptionEntry *entry = option_find(command->options, name, strlen(name));

        if (has_value(entry, line->options))
            continue;
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("%s: the option --%s %s is needed"), command->name, name,
                    entry->arg_description);
        return FALSE;
    }

    return TRUE;
}

/* Assigns the words of @line to the arguments of its command. */
static gboolean
assign_args(CommandLine *line, GError **error)
{
    const CommandArg *args = line->command->args;
    guint n_words = line->words ? g_strv_length(line->words) : 0;
    guint n_required = 0, next = 0, spare;

    for (line->n_args = 0; args && args[line->n_args].name; line->n_args++)
        n_required += args[line->n_args].required ? 1 : 0;
    line->args = g_new0(char *, line->n_args + 1);
    line->rest = line->args + line->n_args;
    spare = n_words > n_required ? n_words - n_required : 0;

    for (guint i = 0; i < line->n_args; i++) {
        if (args[i].repeatable && next < n_words) {
            line->rest = line->words + next;
            next = n_words;
        } else if (args[i].required && next == n_words) {
            g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                        _("%s: %s is missing; see 'virtsnap help %s'"), line->command->name,
                        args[i].name, line->command->name);
            return FALSE;
        } else if (args[i].required || spare > 0) {
            spare -= args[i].required ? 0 : 1;
            line->args[i] = line->words[next++];
        }
    }
    if (next < n_words) {
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("%s: '%s' is one argument too many; see 'virtsnap help %s'"),
                    line->command->name, line->words[next], line->command->name);
        return FALSE;
    }

    return TRUE;
}

CommandLine *
command_line_parse(const CommandGroup *const *groups, char *const *argv, CliGlobals *globals,
                   GError **error)
{
    g_autoptr(CommandLine) line = g_new0(CommandLine, 1);
    g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

    if (!split_words(groups, argv, &line->command, words, error))
        return NULL;
    g_ptr_array_add(words, NULL);
    if (line->command && line->command->options)
        line->options = g_malloc0(line->command->options_size);
    if (!parse_command_options(line, globals, (char **)words->pdata, error))
        return NULL;
    if (!line->command || globals->help || globals->version)
        return g_steal_pointer(&line);
    if (!assign_args(line, error) || !check_required(line, error))
        return NULL;

    return g_steal_pointer(&line);
}
