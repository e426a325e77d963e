/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "service/bus-options.h"

static gboolean
set_option_text(const BusOption *option, GVariant *value, GError **error)
{
    if (g_variant_is_of_type(value, G_VARIANT_TYPE_STRING)) {
        g_free(*option->text);
        *option->text = g_variant_dup_string(value, NULL);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The option '%s' takes a string, not '%s'"), option->name,
                g_variant_get_type_string(value));

    return FALSE;
}

static gboolean
set_bus_option(const BusOption *options, const char *key, GVariant *value, GError **error)
{
    while (options->name && !g_str_equal(options->name, key))
        options++;
    if (!options->name) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("There is no option '%s'; org.virtsnap1(5) has those of each method"), key);
        return FALSE;
    }
    if (options->text)
        return set_option_text(options, value, error);
    if (!g_variant_is_of_type(value, G_VARIANT_TYPE_BOOLEAN)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The option '%s' takes a boolean, not '%s'"), key,
                    g_variant_get_type_string(value));
        return FALSE;
    }
    *options->value = g_variant_get_boolean(value);

    return TRUE;
}

gboolean
bus_options_parse(GVariant *dictionary, const BusOption *options, GError **error)
{
    GVariantIter iter;
    const char *key;
    GVariant *value;

    g_variant_iter_init(&iter, dictionary);
    while (g_variant_iter_next(&iter, "{&sv}", &key, &value)) {
        G_GNUC_UNUSED g_autoptr(GVariant) owned = value;

        if (!set_bus_option(options, key, value, error))
            return FALSE;
    }

    return TRUE;
}
