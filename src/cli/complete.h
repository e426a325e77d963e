/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/**
 * complete_words:
 * @words: the words behind "virtsnap" as they were typed, quotes and backslashes included, up to
 * the one that is to be completed (which may be empty)
 *
 * Prints for the shell's completion what the last word can be. The first line is "files",
 * "directories" (the shell knows best what there is) or "words"; after "words" each line is a
 * candidate, unquoted. For "--option=VALUE" the candidates are values.
 */
void complete_words(CliContext *cli, char *const *words);

/** shell_unquote: Returns: what the shell makes of @word, whose last quote may still be open. */
char *shell_unquote(const char *word);

G_END_DECLS
