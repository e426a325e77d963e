/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <string.h>

#include "cli/export-settings.h"
#include "util/path.h"

/* Overrides a setting with the value of an option; NULL leaves the setting unchanged. */
static gboolean
override_setting(VirtSnapExportSettings *settings, const char *name, const char *value,
                 GError **error)
{
    return !value || virt_snap_export_settings_set(settings, name, value, error);
}

static gboolean
override_list(VirtSnapExportSettings *settings, const char *name, char **values, GError **error)
{
    for (char **value = values; value && *value; value++) {
        if (!override_setting(settings, name, *value, error))
            return FALSE;
    }

    return TRUE;
}

/* The option's words are shorter than the setting's. */
static const char *
live_level(const char *word)
{
    static const struct {
        const char *word;
        const char *level;
    } levels[] = {
        {"", "application-consistent"},
        {"application", "application-consistent"},
        {"crash", "crash-consistent"},
    };

    for (gsize i = 0; word && i < G_N_ELEMENTS(levels); i++) {
        if (g_str_equal(word, levels[i].word))
            return levels[i].level;
    }

    return word;
}

/* A relative path starts at the working directory; the name of a snapshot, or "latest", has no
 * slash. */
static char *
base_path(const char *base)
{
    return base && strchr(base, '/') ? path_canonical(base) : g_strdup(base);
}

static gboolean
override_settings(VirtSnapExportSettings *settings, const ExportOptions *options, GError **error)
{
    g_autofree char *scratch = options->scratch ? path_canonical(options->scratch) : NULL;
    g_autofree char *base = base_path(options->base);
    const struct {
        const char *name;
        const char *value; /* NULL: not given */
    } given[] = {
        {"intent", options->merge ? "merge" : options->preserve_chain ? "preserve-chain" : NULL},
        {"live", live_level(options->live)},
        {"scratch", scratch},
        {"base", base},
        {"referencePoint", options->reference_point},
        {"keepReferencePoints", options->keep_reference_points},
        {"strict", options->strict ? "yes" : NULL},
        {"subdirectory", options->no_subdirectory ? "no" : NULL},
        {"storage", options->no_storage ? "no" : NULL},
        {"snapshots", options->snapshots},
        {"bandwidth", options->bandwidth},
        {"parallel", options->parallel},
        {"compression", options->compress},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(given); i++) {
        if (!override_setting(settings, given[i].name, given[i].value, error))
            return FALSE;
    }
    return override_list(settings, "exclude", options->exclude, error) &&
           override_list(settings, "include", options->include, error);
}

VirtSnapExportSettings *
export_settings_load(const ExportOptions *options, GError **error)
{
    return options->settings ? virt_snap_export_settings_load_file(options->settings, error)
                             : virt_snap_export_settings_new();
}

gboolean
export_settings_override(VirtSnapExportSettings *settings, const ExportOptions *options,
                         GError **error)
{
    return override_settings(settings, options, error) &&
           virt_snap_export_settings_check_supported(settings, error);
}
