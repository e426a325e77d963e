/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "cli/context.h"
#include "cli/dictionary-show.h"
#include "util/dictionary.h"
#include "util/format.h"

guint64
dictionary_size(GVariant *dictionary, const char *key)
{
    guint64 size = 0;

    g_variant_lookup(dictionary, key, "t", &size);

    return size;
}

char *
dictionary_size_text(GVariant *dictionary, const char *key)
{
    return format_bytes(dictionary_size(dictionary, key));
}

const char *
dictionary_cell(GVariant *dictionary, const char *key)
{
    const char *text = dictionary_text(dictionary, key);

    return text ? text : "-";
}

JsonArray *
dictionaries_json(GVariant *list, DictionaryJson json)
{
    JsonArray *array = json_array_new();

    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) one = g_variant_get_child_value(list, i);

        json_array_add_object_element(array, json(one));
    }

    return array;
}

void
json_set_dictionaries(JsonObject *object, GVariant *dictionary, const char *key,
                      DictionaryJson json)
{
    g_autoptr(GVariant) list = dictionary_list(dictionary, key);

    json_object_set_array_member(object, key, dictionaries_json(list, json));
}

void
dictionaries_each(GVariant *dictionary, const char *key,
                  void (*show)(GVariant *one, gpointer data), gpointer data)
{
    g_autoptr(GVariant) list = dictionary_list(dictionary, key);

    for (gsize i = 0; i < g_variant_n_children(list); i++) {
        g_autoptr(GVariant) one = g_variant_get_child_value(list, i);

        show(one, data);
    }
}

void
dictionary_warn(GVariant *dictionary)
{
    g_autoptr(GPtrArray) warnings = dictionary_texts(dictionary, "warnings");

    for (guint i = 0; i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
}
