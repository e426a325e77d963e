/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/command.h"

G_BEGIN_DECLS

/**
 * complete_find:
 * @words: the words behind "virtsnap" as they were typed, quotes and backslashes included, up to
 * the one that is to be completed (which may be empty)
 * @kind: (out): COMPLETE_FILE or COMPLETE_DIRECTORY if the word can be a file's name, which only
 * the caller can find; else something else
 *
 * For "--option=VALUE" the candidates are values.
 *
 * Returns: (element-type utf8): what the last word can be, unquoted; owned by the caller.
 */
GPtrArray *complete_find(CliContext *cli, char *const *words, CompleteKind *kind);

/**
 * complete_words:
 * @words: as for complete_find()
 *
 * Prints for the shell's completion what the last word can be. The first line is "files" or
 * "directories", which the shell adds (it knows best what there is), or "words"; each line after
 * it is a candidate.
 */
void complete_words(CliContext *cli, char *const *words);

G_END_DECLS
