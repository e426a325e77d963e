/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Splitting of command lines as in a shell: blanks separate words, ';' separates commands, '#' at
 * the beginning of a word starts a comment, and quotes and backslashes work as in sh. Nothing is
 * expanded. */

/** shell_unquote: Returns: what the shell makes of @word, whose last quote may still be open. */
char *shell_unquote(const char *word);

/** shell_quote: Returns: @text as a word; after an open @quote ('"', '\'') as what follows it. */
char *shell_quote(const char *text, char quote);

/**
 * shell_split:
 * @line: without a line's end
 *
 * Returns: (element-type GStrv): the commands of @line, each with "virtsnap" for its first word as
 * command_run() expects it, none of them empty; owned by the caller. A G_OPTION_ERROR if a quote is
 * left open or a backslash has nothing to quote.
 */
GPtrArray *shell_split(const char *line, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * shell_raw_words:
 * @line: what stands before the cursor
 *
 * Returns: (element-type utf8): the words of the last command as they were typed, the last one,
 * which may be empty, that at the cursor; NULL inside a comment. Owned by the caller.
 */
GPtrArray *shell_raw_words(const char *line);

G_END_DECLS
