/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "cli/shell-words.h"

#define BLANKS " \t\r\n"
/* Characters that a backslash quotes inside double quotes. */
#define QUOTED_ESCAPES "\\\"$`\n"
/* Characters that must be quoted in a word. */
#define SPECIAL BLANKS ";#\\'\"$`"

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

char *
shell_quote(const char *text, char quote)
{
    const char *special = quote == '"' ? QUOTED_ESCAPES : quote == '\'' ? "" : SPECIAL;
    GString *out = g_string_new(NULL);

    for (const char *c = text; *c; c++) {
        if (strchr(special, *c))
            g_string_append_c(out, '\\');
        g_string_append_c(out, *c);
    }

    return g_string_free(out, FALSE);
}

/* Returns the end of the raw word at @c. *@open is what is missing at its end: the closing quote,
 * or '\\' if a backslash has nothing to quote; '\0' if nothing is missing. */
static const char *
word_end(const char *c, char *open)
{
    *open = '\0';

    for (; *c; c++) {
        if (*open == '\0' && (strchr(BLANKS, *c) || *c == ';'))
            break;
        if (*c == '\\' && *open != '\'') {
            if (c[1] == '\0')
                *open = '\\';
            else
                c++;
        } else if (*c == *open) {
            *open = '\0';
        } else if (*open == '\0' && (*c == '\'' || *c == '"')) {
            *open = *c;
        }
    }

    return c;
}

/* Adds the raw words of the first command of @line to @words; returns where the next one starts, or
 * the end of the line or a comment. @at_word: whether the last word ends exactly there. */
static const char *
scan_command(const char *line, GPtrArray *words, char *open, gboolean *at_word)
{
    const char *c = line;

    *open = '\0';
    *at_word = FALSE;

    for (;;) {
        gsize blanks = strspn(c, BLANKS);
        const char *start = c + blanks;

        *at_word = words->len > 0 && blanks == 0;
        if (*start == ';' || *start == '\0' || *start == '#')
            return start;
        c = word_end(start, open);
        g_ptr_array_add(words, g_strndup(start, (gsize)(c - start)));
    }
}

static gboolean
check_word_closed(char open, GError **error)
{
    if (open == '\0')
        return TRUE;

    if (open == '\\')
        g_set_error_literal(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                            _("the line ends with a backslash, which quotes nothing"));
    else
        g_set_error(error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
                    _("the line ends inside quotes: the closing %c is missing"), open);

    return FALSE;
}

static char **
make_argv(GPtrArray *raw)
{
    char **argv = g_new0(char *, raw->len + 2);

    argv[0] = g_strdup("virtsnap");
    for (guint i = 0; i < raw->len; i++)
        argv[i + 1] = shell_unquote(g_ptr_array_index(raw, i));

    return argv;
}

GPtrArray *
shell_split(const char *line, GError **error)
{
    g_autoptr(GPtrArray) commands = g_ptr_array_new_with_free_func((GDestroyNotify)g_strfreev);
    gboolean more = TRUE;

    while (more) {
        g_autoptr(GPtrArray) raw = g_ptr_array_new_with_free_func(g_free);
        gboolean at_word;
        char open;

        line = scan_command(line, raw, &open, &at_word);
        if (!check_word_closed(open, error))
            return NULL;
        if (raw->len > 0)
            g_ptr_array_add(commands, make_argv(raw));
        more = *line++ == ';';
    }

    return g_steal_pointer(&commands);
}

GPtrArray *
shell_raw_words(const char *line)
{
    for (;;) {
        g_autoptr(GPtrArray) raw = g_ptr_array_new_with_free_func(g_free);
        gboolean at_word;
        char open;

        line = scan_command(line, raw, &open, &at_word);
        if (*line == '#')
            return NULL;
        if (*line++ == ';')
            continue;
        if (!at_word)
            g_ptr_array_add(raw, g_strdup(""));
        g_ptr_array_add(raw, NULL);
        return g_steal_pointer(&raw);
    }
}
