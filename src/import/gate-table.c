/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "import/gate-rows.h"
#include "import/gate-table.h"

#define DEVICES "devices/"
#define ANY_DEVICE "devices/*/"

static void
value_free(gpointer data)
{
    GateValue *value = data;

    g_free(value->rule);
    g_free(value);
}

/* @word: "name", "name:rule", "name!rule", "name~rule" or "name~". */
static void
add_attribute(GHashTable *attributes, const char *word)
{
    gsize length = strcspn(word, ":!~");
    GateValue *value = g_new0(GateValue, 1);

    value->removed = word[length] == '~';
    value->decides = word[length] == '!';
    if (!word[length])
        value->rule = g_strdup("word");
    else
        value->rule = g_strdup(word[length + 1] ? word + length + 1 : "any");
    g_hash_table_insert(attributes, g_strndup(word, length), value);
}

static GHashTable *
parse_attributes(const char *text)
{
    GHashTable *attributes = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, value_free);
    g_auto(GStrv) words = g_strsplit(text ? text : "", " ", -1);

    for (char **word = words; *word; word++) {
        if (**word)
            add_attribute(attributes, *word);
    }

    return attributes;
}

static GateElement *
element_new(const GateRow *row)
{
    GateElement *element = g_new0(GateElement, 1);

    element->repeated = g_str_has_suffix(row->path, "+");
    element->path = g_strndup(row->path, strlen(row->path) - element->repeated);
    element->attributes = parse_attributes(row->attributes);
    element->removed = g_strcmp0(row->text, GATE_REMOVED) == 0;
    element->metadata = g_strcmp0(row->text, GATE_METADATA) == 0;
    element->image = g_strcmp0(row->text, GATE_IMAGE) == 0;
    if (!element->removed && !element->metadata && !element->image)
        element->text.rule = g_strdup(row->text);

    return element;
}

static void
add_rows(GHashTable *table, const GateRow *row)
{
    for (; row->path; row++) {
        GateElement *element = element_new(row);

        g_hash_table_insert(table, element->path, element);
    }
}

/* The table, which is built at the first call and kept until the process ends. */
static GHashTable *
table_get(void)
{
    static GHashTable *table;

    if (g_once_init_enter(&table)) {
        GHashTable *made = g_hash_table_new(g_str_hash, g_str_equal);

        add_rows(made, gate_rows_domain);
        add_rows(made, gate_rows_devices);
        add_rows(made, gate_rows_snapshot);
        g_once_init_leave(&table, made);
    }

    return table;
}

/* Finds the row for children of any device, if the device itself has a row. */
static const GateElement *
find_any_device(GHashTable *table, const char *path)
{
    const char *rest = strchr(path + strlen(DEVICES), '/');
    g_autofree char *device = rest ? g_strndup(path, (gsize)(rest - path)) : NULL;
    g_autofree char *any = rest ? g_strconcat(ANY_DEVICE, rest + 1, NULL) : NULL;

    if (!any || !g_hash_table_contains(table, device))
        return NULL;
    return g_hash_table_lookup(table, any);
}

const GateElement *
gate_table_find(const char *path)
{
    GHashTable *table = table_get();
    const GateElement *element = g_hash_table_lookup(table, path);

    if (element || !g_str_has_prefix(path, DEVICES))
        return element;
    return find_any_device(table, path);
}

char *
gate_table_below(const char *path, const char *name)
{
    if (g_str_equal(path, "domainsnapshot") &&
        (g_str_equal(name, "domain") || g_str_equal(name, "inactiveDomain")))
        return g_strdup("");
    /* The cookie of a memory state has the <cpu> that the guest actually had, with the same content
     * as that of a domain. */
    if (g_str_equal(path, "domainsnapshot/cookie") && g_str_equal(name, "cpu"))
        return g_strdup("cpu");

    return *path ? g_strconcat(path, "/", name, NULL) : g_strdup(name);
}

const GateValue *
gate_table_attribute(const GateElement *element, const char *name)
{
    return g_hash_table_lookup(element->attributes, name);
}
