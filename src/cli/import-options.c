/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/import-request.h"
#include "settings/settings.h"

static void
add_all_texts(GPtrArray *to, char **values)
{
    for (char **value = values; value && *value; value++)
        g_ptr_array_add(to, g_strdup(*value));
}

/* Parses rates and numbers with the parser of export settings, because they have the same
 * syntax. */
static gboolean
read_numbers(ImportSettings *settings, const ImportOptions *options, GError **error)
{
    g_autoptr(VirtSnapExportSettings) numbers = virt_snap_export_settings_new();

    if ((options->bandwidth &&
         !virt_snap_export_settings_set(numbers, "bandwidth", options->bandwidth, error)) ||
        (options->parallel &&
         !virt_snap_export_settings_set(numbers, "parallel", options->parallel, error)))
        return FALSE;
    settings->bandwidth = numbers->bandwidth;
    settings->parallel = numbers->parallel;

    return TRUE;
}

static gboolean
read_mac(ImportSettings *settings, const char *mac, GError **error)
{
    settings->new_mac = g_strcmp0(mac, "new") == 0;
    if (!mac || settings->new_mac || g_str_equal(mac, "keep"))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("--mac is '%s'; it is keep or new"), mac);

    return FALSE;
}

ImportSettings *
import_options_read(const ImportOptions *options, GError **error)
{
    g_autoptr(ImportSettings) settings = import_settings_new();

    add_all_texts(settings->domains, options->domains);
    add_all_texts(settings->trust, options->trust);
    settings->suffix = g_strdup(options->suffix);
    settings->pool = g_strdup(options->pool);
    settings->new_uuid = options->new_uuid;
    settings->with_snapshots = options->with_snapshots;
    settings->start = options->start;
    settings->define = !options->no_define;
    settings->in_place = options->in_place;
    settings->force_host = options->force_host;
    for (char **rename = options->renames; rename && *rename; rename++) {
        if (!import_settings_rename(settings, *rename, error))
            return NULL;
    }
    if (!read_mac(settings, options->mac, error) || !read_numbers(settings, options, error) ||
        !import_settings_check(settings, error))
        return NULL;

    return g_steal_pointer(&settings);
}
