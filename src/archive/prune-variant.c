/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "archive/prune-variant.h"
#include "util/dictionary.h"
#include "util/options.h"

/* --- the order -------------------------------------------------------------- */

static gboolean
wrong_type(const char *key, GVariant *value, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The option '%s' cannot be of the type '%s'"), key,
                g_variant_get_type_string(value));

    return FALSE;
}

static gboolean
set_rule(PruneOrder *order, const char *key, GVariant *value, GError **error)
{
    for (int rule = 0; rule < KEEP_RULES; rule++) {
        if (!g_str_has_prefix(key, "keep-") ||
            !g_str_equal(key + strlen("keep-"), keep_rule_name((KeepRule)rule)))
            continue;
        if (!g_variant_is_of_type(value, G_VARIANT_TYPE_UINT32))
            return wrong_type(key, value, error);
        return keep_rules_set(&order->rules, (KeepRule)rule, g_variant_get_uint32(value), error);
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("There is no option '%s'"), key);

    return FALSE;
}

static gboolean
set_option(PruneOrder *order, const char *key, GVariant *value, GError **error)
{
    if (g_str_equal(key, "collection")) {
        if (!g_variant_is_of_type(value, G_VARIANT_TYPE_STRING))
            return wrong_type(key, value, error);
        order->collection = g_variant_get_string(value, NULL);
        return TRUE;
    }
    if (!g_str_equal(key, "dry-run"))
        return set_rule(order, key, value, error);
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN))
        return wrong_type(key, value, error);
    order->dry_run = g_variant_get_boolean(value);

    return TRUE;
}

gboolean
prune_order_parse(GVariant *options, PruneOrder *order, GError **error)
{
    GVariantIter iter;
    const char *key;
    GVariant *value;

    if (!options)
        return TRUE;
    if (!g_variant_is_of_type(options, G_VARIANT_TYPE_VARDICT))
        return wrong_type("options", options, error);
    if (!options_check_keys(options, error))
        return FALSE;
    g_variant_iter_init(&iter, options);
    while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
        /* The text stays valid, because @options holds it, too. */
        G_GNUC_UNUSED g_autoptr(GVariant) owned = value;

        if (!set_option(order, key, value, error))
            return FALSE;
    }

    return TRUE;
}

GVariant *
prune_order_format(const PruneOrder *order)
{
    GVariantBuilder options;

    g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
    if (order->collection)
        g_variant_builder_add(&options, "{sv}", "collection",
                              g_variant_new_string(order->collection));
    if (order->dry_run)
        g_variant_builder_add(&options, "{sv}", "dry-run", g_variant_new_boolean(TRUE));
    for (int rule = 0; rule < KEEP_RULES; rule++) {
        g_autofree char *key = g_strconcat("keep-", keep_rule_name((KeepRule)rule), NULL);

        if (order->rules.n[rule] > 0)
            g_variant_builder_add(&options, "{sv}", key,
                                  g_variant_new_uint32(order->rules.n[rule]));
    }

    return g_variant_builder_end(&options);
}

/* --- the report ------------------------------------------------------------- */

static const char *const fate_names[] = {
    [PRUNE_KEEP] = "kept",
    [PRUNE_REMOVE] = "removed",
    [PRUNE_LEAVE] = "left",
    [PRUNE_FAIL] = "failed",
};

static GVariant *
item_format(const PruneItem *item)
{
    GVariantBuilder builder;

    g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&builder, "export", item->path);
    dictionary_add_text(&builder, "collection", item->collection);
    dictionary_add_text(&builder, "snapshot", item->snapshot);
    if (item->created != 0)
        dictionary_add_time(&builder, "created", item->created);
    if (item->fate == PRUNE_KEEP)
        g_variant_builder_add(&builder, "{sv}", "reasons",
                              g_variant_new_strv((const char *const *)item->reasons->pdata,
                                                 item->reasons->len));
    if (item->fate == PRUNE_REMOVE)
        dictionary_add_size(&builder, "freed", item->freed);
    dictionary_add_text(&builder, "problem", item->problem);

    return g_variant_builder_end(&builder);
}

GVariant *
prune_report_format(const PruneReport *report)
{
    GVariantBuilder all;

    g_variant_builder_init(&all, G_VARIANT_TYPE_VARDICT);
    dictionary_add_size(&all, "freed", report->freed);
    for (guint fate = 0; fate < G_N_ELEMENTS(fate_names); fate++) {
        GVariantBuilder items;

        g_variant_builder_init(&items, G_VARIANT_TYPE("aa{sv}"));
        for (guint i = 0; i < report->items->len; i++) {
            const PruneItem *item = g_ptr_array_index(report->items, i);

            if ((guint)item->fate == fate)
                g_variant_builder_add_value(&items, item_format(item));
        }
        g_variant_builder_add(&all, "{sv}", fate_names[fate], g_variant_builder_end(&items));
    }

    return g_variant_builder_end(&all);
}

static PruneItem *
item_parse(GVariant *value, PruneFate fate)
{
    PruneItem *item = g_new0(PruneItem, 1);

    item->fate = fate;
    item->reasons = dictionary_texts(value, "reasons");
    item->path = g_strdup(dictionary_text(value, "export"));
    item->collection = g_strdup(dictionary_text(value, "collection"));
    item->snapshot = g_strdup(dictionary_text(value, "snapshot"));
    item->problem = g_strdup(dictionary_text(value, "problem"));
    g_variant_lookup(value, "created", "x", &item->created);
    g_variant_lookup(value, "freed", "t", &item->freed);

    return item;
}

static void
parse_items(PruneReport *report, GVariant *value, PruneFate fate)
{
    g_autoptr(GVariant) items = dictionary_list(value, fate_names[fate]);
    gsize n = g_variant_n_children(items);

    for (gsize i = 0; i < n; i++) {
        g_autoptr(GVariant) item = g_variant_get_child_value(items, i);

        g_ptr_array_add(report->items, item_parse(item, fate));
    }
    if (fate == PRUNE_REMOVE)
        report->removed = (guint)n;
    if (fate == PRUNE_FAIL)
        report->failed = (guint)n;
}

PruneReport *
prune_report_parse(GVariant *value)
{
    PruneReport *report = prune_report_new();

    g_variant_lookup(value, "freed", "t", &report->freed);
    for (guint fate = 0; fate < G_N_ELEMENTS(fate_names); fate++)
        parse_items(report, value, (PruneFate)fate);
    prune_report_sort(report);

    return report;
}
