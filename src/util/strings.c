/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "util/strings.h"

GStrv
strings_to_strv(const GPtrArray *strings)
{
    GStrv copy = g_new0(char *, strings->len + 1);

    for (guint i = 0; i < strings->len; i++)
        copy[i] = g_strdup(g_ptr_array_index(strings, i));

    return copy;
}

static gpointer
copy_string(gconstpointer string, gpointer data)
{
    return g_strdup(string);
}

GPtrArray *
strings_copy(GPtrArray *strings)
{
    GPtrArray *copy = g_ptr_array_copy(strings, copy_string, NULL);

    g_ptr_array_set_free_func(copy, g_free);

    return copy;
}

static gint
compare_strings(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
strings_sort(GPtrArray *strings)
{
    g_ptr_array_sort(strings, compare_strings);
}

void
strings_append(GPtrArray *strings, const GPtrArray *others)
{
    for (guint i = 0; i < others->len; i++)
        g_ptr_array_add(strings, g_strdup(g_ptr_array_index(others, i)));
}

static gint
compare_path_names(gconstpointer a, gconstpointer b, G_GNUC_UNUSED gpointer data)
{
    return strcmp(a, b);
}

GTree *
parent_directories_new(void)
{
    return g_tree_new_full(compare_path_names, NULL, g_free, NULL);
}

void
parent_directories_add(GTree *set, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        g_tree_insert(set, g_strndup(path, (gsize)(slash - path)), NULL);
}
