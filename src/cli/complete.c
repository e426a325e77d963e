/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <stdio.h>
#include <string.h>

#include "cli/complete.h"

/* What is known of the word to be completed. */
typedef struct {
    OptionScanner scanner;
    const Command *command; /* NULL: still to come */
    guint n_args;           /* positional words before it, the command not counted */
    char *word;             /* the word itself, unquoted */
} Place;

/* What the value of an option stands for, by the name that its help gives it. */
static const struct {
    const char *name;
    CompleteKind kind;
} value_kinds[] = {
    {"FILE", COMPLETE_FILE},
    {"DIR", COMPLETE_DIRECTORY},
    {"EXPORT", COMPLETE_DIRECTORY},
    {"COLLECTION", COMPLETE_COLLECTION},
    {"DOMAIN", COMPLETE_DOMAIN},
};

/* Characters that a backslash quotes inside double quotes. */
#define QUOTED_ESCAPES "\\\"$`\n"

char *
shell_unquote(const char *word)
{
    GString *out = g_string_new(NULL);
    char quote = '\0';

    for (const char *c = word; *c; c++) {
        if (quote == '\0' && (*c == '\'' || *c == '"'))
            quote = *c;
        else if (quote != '\0' && *c == quote)
            quote = '\0';
        else if (*c == '\\' && quote == '\0' && c[1] != '\0')
            g_string_append_c(out, *++c);
        else if (*c == '\\' && quote == '"' && c[1] != '\0' && strchr(QUOTED_ESCAPES, c[1]))
            g_string_append_c(out, *++c);
        else
            g_string_append_c(out, *c);
    }

    return g_string_free(out, FALSE);
}

static void
offer(const char *prefix, const char *candidate)
{
    /* A line is a candidate: a name that holds a line's end cannot be offered. */
    if (g_str_has_prefix(candidate, prefix) && !strpbrk(candidate, "\r\n"))
        puts(candidate);
}

static void
offer_commands(CliContext *cli, const Place *place, const char *prefix)
{
    for (gsize i = 0; command_groups[i]; i++) {
        for (const Command *command = command_groups[i]->commands; command->name; command++) {
            if (!command->hidden)
                offer(prefix, command->name);
        }
    }
}

/* Who offers what; kinds that are not here have no candidates. */
static const struct {
    CompleteKind kind;
    void (*offer)(CliContext *cli, const Place *place, const char *prefix);
} offers[] = {
    {COMPLETE_COMMAND, offer_commands},
};

static void
offer_kind(CliContext *cli, const Place *place, CompleteKind kind, const char *prefix)
{
    if (kind == COMPLETE_FILE || kind == COMPLETE_DIRECTORY) {
        puts(kind == COMPLETE_FILE ? "files" : "directories");
        return;
    }

    puts("words");
    for (gsize i = 0; i < G_N_ELEMENTS(offers); i++) {
        if (offers[i].kind == kind)
            offers[i].offer(cli, place, prefix);
    }
}

static void
offer_value(CliContext *cli, const Place *place, const GOptionEntry *entry, const char *prefix)
{
    CompleteKind kind = COMPLETE_NOTHING;

    if (strchr(entry->arg_description, '|')) {
        g_auto(GStrv) choices = g_strsplit(entry->arg_description, "|", -1);

        puts("words");
        for (char **choice = choices; *choice; choice++)
            offer(prefix, *choice);
        return;
    }

    for (gsize i = 0; i < G_N_ELEMENTS(value_kinds); i++) {
        if (strcmp(value_kinds[i].name, entry->arg_description) == 0)
            kind = value_kinds[i].kind;
    }
    offer_kind(cli, place, kind, prefix);
}

static void
offer_options(const Place *place)
{
    puts("words");
    for (gsize i = 0; i < G_N_ELEMENTS(place->scanner.tables); i++) {
        const GOptionEntry *entry = place->scanner.tables[i];

        for (; entry && entry->long_name; entry++) {
            g_autofree char *option = g_strdup_printf("--%s", entry->long_name);

            if (!(entry->flags & G_OPTION_FLAG_HIDDEN))
                offer(place->word, option);
        }
    }
}

static void
offer_argument(CliContext *cli, const Place *place)
{
    const CommandArg *arg = place->command ? place->command->args : NULL;
    CompleteKind kind = place->command ? COMPLETE_NOTHING : COMPLETE_COMMAND;

    for (guint i = 0; arg && arg->name; arg++, i++) {
        if (i == place->n_args || (i < place->n_args && arg->repeatable))
            kind = arg->complete;
    }
    offer_kind(cli, place, kind, place->word);
}

/* Takes one of the words before the one to be completed. */
static void
take_word(Place *place, const char *raw)
{
    g_autofree char *word = shell_unquote(raw);
    const char *split;

    if (option_scan(&place->scanner, word, &split) != WORD_ARGUMENT)
        return;
    if (place->command) {
        place->n_args++;
        return;
    }
    place->command = command_find(word);
    if (place->command)
        place->scanner.tables[1] = place->command->options;
}

void
complete_words(CliContext *cli, char *const *words)
{
    Place place = {.scanner = {.tables = {cli_globals, NULL}}};
    g_autofree char *word = NULL;
    const GOptionEntry *entry = NULL;
    const char *equals;

    for (; words[0] && words[1]; words++)
        take_word(&place, words[0]);
    place.word = word = shell_unquote(words[0] ? words[0] : "");
    equals = strchr(word, '=');

    if (place.scanner.pending) {
        offer_value(cli, &place, place.scanner.pending, word);
    } else if (place.scanner.ended || word[0] != '-') {
        offer_argument(cli, &place);
    } else if (!equals || !g_str_has_prefix(word, "--")) {
        offer_options(&place);
    } else {
        for (gsize i = 0; !entry && i < G_N_ELEMENTS(place.scanner.tables); i++)
            entry = option_find(place.scanner.tables[i], word + 2, (gsize)(equals - word) - 2);
        if (entry && !option_is_flag(entry))
            offer_value(cli, &place, entry, equals + 1);
        else
            puts("words");
    }
}
