/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Option tables are GOptionEntry tables whose arg_data is not an address but an offset into the
 * command's options struct. So a table is constant, help and completion can read it without
 * running anything, and each run of a command fills a struct of its own. */

/** The arg_data of an option that goes to @member of the struct @type. */
#define OPTION_MEMBER(type, member) ((gpointer)(gintptr)G_STRUCT_OFFSET(type, member))

/** Returns: TRUE if the option takes no value. */
gboolean option_is_flag(const GOptionEntry *entry);

/** Can the option's value be left out? It stands behind a "=" in the same word then, as in
 * --live=crash; without one it is empty. G_OPTION_FLAG_OPTIONAL_ARG of the entry. */
gboolean option_is_optional(const GOptionEntry *entry);

/** option_find: Returns: (nullable): the entry of @table (may be NULL) named @name. */
const GOptionEntry *option_find(const GOptionEntry *table, const char *name, gsize length);

/**
 * option_table_bind:
 * @table: (nullable): ends with an entry without a name
 * @options: the struct that the offsets in @table refer to, zeroed
 *
 * Returns: a copy of @table for GOptionContext, to be freed with g_free() after parsing.
 */
GOptionEntry *option_table_bind(const GOptionEntry *table, gpointer options);

/** option_table_clear: Frees the values that parsing put into @options. */
void option_table_clear(const GOptionEntry *table, gpointer options);

/** The kind of a word on a command line. */
typedef enum {
    WORD_OPTION,        /* an option, whose value is in the same word, follows, or does not exist */
    WORD_VALUE,         /* the value of the option before it */
    WORD_ARGUMENT,      /* an argument */
    WORD_END,           /* "--": what follows are arguments, whatever they look like */
    WORD_UNKNOWN,       /* looks like an option, but no table has it */
    WORD_UNWANTED_VALUE /* a value for an option that takes none, as --json=yes */
} WordKind;

/** Walks the words of a command line, as GOptionContext will. */
typedef struct {
    const GOptionEntry *tables[2]; /* either may be NULL */
    const GOptionEntry *pending;   /* the option whose value comes next, or NULL */
    gboolean bare;                 /* the last word is an option whose value was left out */
    gboolean ended;                /* "--" was seen */
} OptionScanner;

/**
 * option_scan:
 * @word: the next word
 * @split: (out): for "-cVALUE" the place of VALUE in @word, else NULL
 *
 * Returns: what @word is, given the words before it.
 */
WordKind option_scan(OptionScanner *scanner, const char *word, const char **split);

/**
 * option_nearest:
 * @word: the word that the user typed
 * @candidates: (element-type utf8): all valid words
 *
 * Returns: (nullable) (transfer none): the candidate that is most similar to @word, if any is
 * similar enough.
 */
const char *option_nearest(const char *word, GPtrArray *candidates);

/** option_nearest_in: Does the same as option_nearest() with the long options of the scanner's
 * tables, without dashes. */
const char *option_nearest_in(const OptionScanner *scanner, const char *word);

G_END_DECLS
