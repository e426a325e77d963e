/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "util/dictionary.h"

static GVariant *
valid_text(const char *text)
{
    return g_variant_new_take_string(g_utf8_make_valid(text, -1));
}

void
dictionary_add_text(GVariantBuilder *dictionary, const char *key, const char *text)
{
    if (text)
        g_variant_builder_add(dictionary, "{sv}", key, valid_text(text));
}

void
dictionary_add_texts(GVariantBuilder *dictionary, const char *key, GPtrArray *texts)
{
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE_STRING_ARRAY);
    for (guint i = 0; i < texts->len; i++)
        g_variant_builder_add_value(&list, valid_text(g_ptr_array_index(texts, i)));
    g_variant_builder_add(dictionary, "{sv}", key, g_variant_builder_end(&list));
}

void
dictionary_add_flag(GVariantBuilder *dictionary, const char *key, gboolean value)
{
    g_variant_builder_add(dictionary, "{sv}", key, g_variant_new_boolean(value));
}

void
dictionary_add_size(GVariantBuilder *dictionary, const char *key, guint64 bytes)
{
    g_variant_builder_add(dictionary, "{sv}", key, g_variant_new_uint64(bytes));
}

void
dictionary_add_time(GVariantBuilder *dictionary, const char *key, gint64 time)
{
    g_variant_builder_add(dictionary, "{sv}", key, g_variant_new_int64(time));
}

GVariant *
dictionaries_new(const GPtrArray *elements, DictionaryFormat format, gconstpointer data)
{
    GVariantBuilder list;

    g_variant_builder_init(&list, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < elements->len; i++)
        g_variant_builder_add_value(&list, format(g_ptr_array_index(elements, i), data));

    return g_variant_builder_end(&list);
}

void
dictionary_add_list(GVariantBuilder *dictionary, const char *key, const GPtrArray *elements,
                    DictionaryFormat format, gconstpointer data)
{
    g_variant_builder_add(dictionary, "{sv}", key, dictionaries_new(elements, format, data));
}

const char *
dictionary_text(GVariant *dictionary, const char *key)
{
    const char *text = NULL;

    return g_variant_lookup(dictionary, key, "&s", &text) ? text : NULL;
}

GPtrArray *
dictionary_texts(GVariant *dictionary, const char *key)
{
    GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);
    g_autofree const char **list = NULL;

    if (g_variant_lookup(dictionary, key, "^a&s", &list)) {
        for (const char **text = list; *text; text++)
            g_ptr_array_add(texts, g_strdup(*text));
    }

    return texts;
}

gboolean
dictionary_flag(GVariant *dictionary, const char *key)
{
    gboolean value = FALSE;

    return g_variant_lookup(dictionary, key, "b", &value) && value;
}

GVariant *
dictionary_list(GVariant *dictionary, const char *key)
{
    GVariant *list = g_variant_lookup_value(dictionary, key, G_VARIANT_TYPE("aa{sv}"));

    return list ? list
                : g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
}
