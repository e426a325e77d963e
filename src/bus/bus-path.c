/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "bus/bus-path.h"
#include "util/name.h"

char *
bus_path_escape(const char *name)
{
    GString *element = g_string_new(NULL);

    /* An element of a path must not be empty. */
    if (*name == '\0')
        return g_string_free(g_string_append_c(element, '_'), FALSE);
    for (const char *c = name; *c; c++) {
        if (g_ascii_isalnum(*c))
            g_string_append_c(element, *c);
        else
            g_string_append_printf(element, "_%02x", (guchar)*c);
    }

    return g_string_free(element, FALSE);
}

static gboolean
is_escape(const char *c)
{
    return c[0] == '_' && g_ascii_isxdigit(c[1]) && g_ascii_isxdigit(c[2]);
}

char *
bus_path_unescape(const char *element)
{
    g_autoptr(GString) name = g_string_new(NULL);
    g_autofree char *again = NULL;

    for (const char *c = element; *c; c++) {
        if (g_ascii_isalnum(*c)) {
            g_string_append_c(name, *c);
            continue;
        }
        if (!is_escape(c))
            return NULL;
        g_string_append_c(name, (char)(g_ascii_xdigit_value(c[1]) << 4 |
                                       g_ascii_xdigit_value(c[2])));
        c += 2;
    }
    /* Only the canonical spelling is accepted, so that each name has exactly one path. */
    again = bus_path_escape(name->str);

    return g_str_equal(again, element) ? g_strdup(name->str) : NULL;
}

char *
bus_path_collection(const char *name)
{
    g_autofree char *element = bus_path_escape(name);

    return g_strconcat(BUS_COLLECTIONS "/", element, NULL);
}

char *
bus_path_snapshot(const char *collection, const char *snapshot)
{
    g_autofree char *one = bus_path_escape(collection);
    g_autofree char *two = bus_path_escape(snapshot);

    return g_strconcat(BUS_SNAPSHOTS "/", one, "/", two, NULL);
}

/* The @n names below @prefix in @path, terminated by NULL; NULL if @path does not have that
 * form. */
static GStrv
parse_bus_path(const char *path, const char *prefix, guint n)
{
    g_auto(GStrv) elements = NULL;
    g_auto(GStrv) names = g_new0(char *, n + 1);

    if (!g_str_has_prefix(path, prefix) || path[strlen(prefix)] != '/')
        return NULL;
    elements = g_strsplit(path + strlen(prefix) + 1, "/", -1);
    if (g_strv_length(elements) != n)
        return NULL;
    for (guint i = 0; i < n; i++) {
        names[i] = bus_path_unescape(elements[i]);
        if (!names[i] || !name_check(names[i], "name", NULL))
            return NULL;
    }

    return g_steal_pointer(&names);
}

static gboolean
no_such_path(const char *path, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is not the path of such an object; escape the names in it"), path);

    return FALSE;
}

char *
bus_path_parse_collection(const char *path, GError **error)
{
    g_auto(GStrv) names = parse_bus_path(path, BUS_COLLECTIONS, 1);

    if (!names) {
        no_such_path(path, error);
        return NULL;
    }

    return g_strdup(names[0]);
}

gboolean
bus_path_parse_snapshot(const char *path, char **collection, char **snapshot, GError **error)
{
    g_auto(GStrv) names = parse_bus_path(path, BUS_SNAPSHOTS, 2);

    if (!names)
        return no_such_path(path, error);
    *collection = g_strdup(names[0]);
    *snapshot = g_strdup(names[1]);

    return TRUE;
}
