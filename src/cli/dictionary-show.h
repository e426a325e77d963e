/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/output.h"

G_BEGIN_DECLS

/* How dictionaries (a{sv}) are shown, which this process makes or the service sends. */

/** dictionary_size: Returns: the size @key (t); 0 if it is not there. */
guint64 dictionary_size(GVariant *dictionary, const char *key);

/** dictionary_size_text: Returns: the same for people, owned by the caller. */
char *dictionary_size_text(GVariant *dictionary, const char *key);

/** dictionary_cell: Returns: (transfer none): the text @key, or what stands for none in a table. */
const char *dictionary_cell(GVariant *dictionary, const char *key);

/** dictionary_json: Makes a JSON object of a dictionary; owned by the caller. */
typedef JsonObject *(*DictionaryJson)(GVariant *dictionary);

/** dictionaries_json: Returns: what @json makes of each of @list (aa{sv}), owned by the caller. */
JsonArray *dictionaries_json(GVariant *list, DictionaryJson json);

/** json_set_dictionaries: Sets the member @key of @object to the list @key of @dictionary. */
void json_set_dictionaries(JsonObject *object, GVariant *dictionary, const char *key,
                           DictionaryJson json);

/** dictionaries_each: Calls @show for each of the list @key of @dictionary. */
void dictionaries_each(GVariant *dictionary, const char *key,
                       void (*show)(GVariant *one, gpointer data), gpointer data);

/** dictionary_warn: Prints the warnings (as) of @dictionary. */
void dictionary_warn(GVariant *dictionary);

G_END_DECLS
