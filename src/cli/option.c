/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "cli/option.h"

gboolean
option_is_flag(const GOptionEntry *entry)
{
    return entry->arg == G_OPTION_ARG_NONE;
}

gboolean
option_is_optional(const GOptionEntry *entry)
{
    return (entry->flags & G_OPTION_FLAG_OPTIONAL_ARG) != 0;
}

const GOptionEntry *
option_find(const GOptionEntry *table, const char *name, gsize length)
{
    for (; table && table->long_name; table++) {
        if (strlen(table->long_name) == length && memcmp(table->long_name, name, length) == 0)
            return table;
    }

    return NULL;
}

static gsize
table_length(const GOptionEntry *table)
{
    gsize n = 0;

    while (table && table[n].long_name)
        n++;

    return n;
}

GOptionEntry *
option_table_bind(const GOptionEntry *table, gpointer options)
{
    gsize n = table_length(table);
    GOptionEntry *bound = g_new0(GOptionEntry, n + 1);

    for (gsize i = 0; i < n; i++) {
        bound[i] = table[i];
        /* GOptionContext has that for callbacks only: it gets an empty value. */
        bound[i].flags &= ~G_OPTION_FLAG_OPTIONAL_ARG;
        bound[i].arg_data = G_STRUCT_MEMBER_P(options, (gintptr)table[i].arg_data);
    }

    return bound;
}

void
option_table_clear(const GOptionEntry *table, gpointer options)
{
    for (; table && table->long_name; table++) {
        gpointer member = G_STRUCT_MEMBER_P(options, (gintptr)table->arg_data);

        if (table->arg == G_OPTION_ARG_FILENAME || table->arg == G_OPTION_ARG_STRING)
            g_clear_pointer((char **)member, g_free);
        else if (table->arg == G_OPTION_ARG_FILENAME_ARRAY ||
                 table->arg == G_OPTION_ARG_STRING_ARRAY)
            g_clear_pointer((char ***)member, g_strfreev);
    }
}

static const GOptionEntry *
find_short(const OptionScanner *scanner, char letter)
{
    for (gsize i = 0; i < G_N_ELEMENTS(scanner->tables); i++) {
        const GOptionEntry *entry = scanner->tables[i];

        for (; entry && entry->long_name; entry++) {
            if (entry->short_name == letter)
                return entry;
        }
    }

    return NULL;
}

static WordKind
scan_long(OptionScanner *scanner, const char *word)
{
    gsize length = strcspn(word + 2, "=");
    const GOptionEntry *entry = NULL;

    for (gsize i = 0; !entry && i < G_N_ELEMENTS(scanner->tables); i++)
        entry = option_find(scanner->tables[i], word + 2, length);

    if (!entry)
        return WORD_UNKNOWN;
    if (word[2 + length] == '=')
        return option_is_flag(entry) ? WORD_UNWANTED_VALUE : WORD_OPTION;
    scanner->bare = option_is_optional(entry);
    if (!option_is_flag(entry) && !scanner->bare)
        scanner->pending = entry;

    return WORD_OPTION;
}

static WordKind
scan_short(OptionScanner *scanner, const char *word, const char **split)
{
    for (const char *c = word + 1; *c; c++) {
        const GOptionEntry *entry = find_short(scanner, *c);

        if (!entry)
            return WORD_UNKNOWN;
        if (option_is_flag(entry))
            continue;
        if (c[1] != '\0')
            *split = c + 1;
        else
            scanner->pending = entry;
        break;
    }

    return WORD_OPTION;
}

WordKind
option_scan(OptionScanner *scanner, const char *word, const char **split)
{
    *split = NULL;
    scanner->bare = FALSE;

    if (scanner->pending) {
        scanner->pending = NULL;
        return WORD_VALUE;
    }
    if (scanner->ended || word[0] != '-' || word[1] == '\0')
        return WORD_ARGUMENT;
    if (strcmp(word, "--") == 0) {
        scanner->ended = TRUE;
        return WORD_END;
    }

    return word[1] == '-' ? scan_long(scanner, word) : scan_short(scanner, word, split);
}

/* The Levenshtein distance of @a and @b. */
static guint
edit_distance(const char *a, const char *b)
{
    gsize n = strlen(b);
    g_autofree guint *row = g_new(guint, n + 1);

    for (gsize j = 0; j <= n; j++)
        row[j] = (guint)j;

    for (guint i = 1; *a; a++, i++) {
        guint diagonal = row[0];

        row[0] = i;
        for (gsize j = 1; j <= n; j++) {
            guint change = diagonal + (*a != b[j - 1]);

            diagonal = row[j];
            row[j] = MIN(MIN(row[j], row[j - 1]) + 1, change);
        }
    }

    return row[n];
}

const char *
option_nearest(const char *word, GPtrArray *candidates)
{
    const char *best = NULL;
    /* A word with up to about a third of its letters wrong is suggested. */
    guint best_distance = (guint)strlen(word) / 3 + 2;

    /* Long words are not compared: they are hardly mistyped options, and the time grows with the
     * square of the length. */
    if (strlen(word) > 64)
        return NULL;

    for (guint i = 0; i < candidates->len; i++) {
        const char *candidate = g_ptr_array_index(candidates, i);
        guint distance = edit_distance(word, candidate);

        if (distance < best_distance) {
            best_distance = distance;
            best = candidate;
        }
    }

    return best;
}

const char *
option_nearest_in(const OptionScanner *scanner, const char *word)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    g_autofree char *name = NULL;

    if (!g_str_has_prefix(word, "--"))
        return NULL;
    name = g_strndup(word + 2, strcspn(word + 2, "="));

    for (gsize i = 0; i < G_N_ELEMENTS(scanner->tables); i++) {
        const GOptionEntry *entry = scanner->tables[i];

        for (; entry && entry->long_name; entry++)
            g_ptr_array_add(names, (gpointer)entry->long_name);
    }

    return option_nearest(name, names);
}
