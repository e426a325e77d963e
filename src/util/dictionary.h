/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Dictionaries (a{sv}), in which results go over the bus, to programs, and to what shows them. */

/** dictionary_add_text: Adds @text to a dictionary that is being built; what is not UTF-8 in it is
 * replaced. @text: (nullable): NULL: nothing is added. */
void dictionary_add_text(GVariantBuilder *dictionary, const char *key, const char *text);

/** dictionary_add_texts: Adds the array @texts (element-type utf8) in the same way. */
void dictionary_add_texts(GVariantBuilder *dictionary, const char *key, GPtrArray *texts);

/** dictionary_add_flag: Adds a boolean. */
void dictionary_add_flag(GVariantBuilder *dictionary, const char *key, gboolean value);

/** dictionary_add_size: Adds a number of bytes (t). */
void dictionary_add_size(GVariantBuilder *dictionary, const char *key, guint64 bytes);

/** dictionary_add_time: Adds a time in seconds since the epoch (x). */
void dictionary_add_time(GVariantBuilder *dictionary, const char *key, gint64 time);

/** A function that makes a dictionary of @element. @data: that of dictionaries_new(). Returns:
 * (transfer floating). */
typedef GVariant *(*DictionaryFormat)(gconstpointer element, gconstpointer data);

/** dictionaries_new: Returns: (transfer floating): what @format makes of each of @elements
 * (aa{sv}). */
GVariant *dictionaries_new(const GPtrArray *elements, DictionaryFormat format,
                           gconstpointer data);

/** dictionary_add_list: Adds dictionaries_new(). */
void dictionary_add_list(GVariantBuilder *dictionary, const char *key, const GPtrArray *elements,
                         DictionaryFormat format, gconstpointer data);

/** dictionary_text: Returns: (transfer none) (nullable): the text @key of @dictionary, which is
 * valid as long as that is. */
const char *dictionary_text(GVariant *dictionary, const char *key);

/** dictionary_texts: Returns: (transfer full) (element-type utf8): the texts of the array @key;
 * none if it is not there. */
GPtrArray *dictionary_texts(GVariant *dictionary, const char *key);

/** dictionary_flag: Returns: the boolean @key; FALSE if it is not there. */
gboolean dictionary_flag(GVariant *dictionary, const char *key);

/** dictionary_list: Returns: (transfer full): the dictionaries @key (aa{sv}); an empty array if
 * they are not there. */
GVariant *dictionary_list(GVariant *dictionary, const char *key);

G_END_DECLS
