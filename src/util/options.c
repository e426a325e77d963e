/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "util/options.h"

gboolean
options_check_keys(GVariant *options, GError **error)
{
    g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    gsize n = g_variant_n_children(options);

    for (gsize i = 0; i < n; i++) {
        g_autoptr(GVariant) entry = g_variant_get_child_value(options, i);
        const char *key;

        g_variant_get_child(entry, 0, "&s", &key);
        if (g_hash_table_add(seen, g_strdup(key)))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The option '%s' is there more than once; give it once"), key);
        return FALSE;
    }

    return TRUE;
}
