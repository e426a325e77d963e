/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>
#include <sys/stat.h>

#include "service/service-config.h"

/* Minimum of keep_finished and keep_interrupted: clients must have time to get the result of their
 * job (TimeBeforeRemoval). */
#define KEEP_SECONDS_MIN 300

typedef struct {
    const char *group;
    const char *key;
    guint least;
    guint most;
    guint standard;
    gsize offset;
    gboolean or_zero; /* 0 is allowed as well, for no limit */
} Number;

#define MEMBER(name) G_STRUCT_OFFSET(ServiceConfig, name)

static const Number numbers[] = {
    {"jobs", "running", 1, 64, 4, MEMBER(jobs), FALSE},
    {"jobs", "per_file_system", 1, 64, 2, MEMBER(per_file_system), FALSE},
    {"jobs", "transfers", 1, 1024, 16, MEMBER(transfers), FALSE},
    {"jobs", "queued", 1, 100000, 1000, MEMBER(queued), FALSE},
    {"jobs", "keep_finished", KEEP_SECONDS_MIN, 31 * 86400, KEEP_SECONDS_MIN,
     MEMBER(keep_seconds), FALSE},
    {"jobs", "keep_interrupted", KEEP_SECONDS_MIN, 3660 * 86400, 7 * 86400,
     MEMBER(keep_interrupted), TRUE},
    {"service", "idle_timeout", 0, 86400, 60, MEMBER(idle_seconds), FALSE},
};

void
service_config_free(ServiceConfig *config)
{
    if (!config)
        return;
    g_strfreev(config->directories);
    g_free(config);
}

static gboolean
set_invalid_key(const char *path, const char *group, const char *key, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("%s: the key '%s' in [%s] is unknown, or its value is wrong or out of range"),
                path, key, group);

    return FALSE;
}

static const Number *
find_number_key(const char *group, const char *key)
{
    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++) {
        if (g_str_equal(numbers[i].group, group) && g_str_equal(numbers[i].key, key))
            return &numbers[i];
    }

    return NULL;
}

static gboolean
read_config_key(ServiceConfig *config, GKeyFile *file, const char *path, const char *group,
                const char *key, GError **error)
{
    const Number *number = find_number_key(group, key);

    if (number) {
        guint64 value = g_key_file_get_uint64(file, group, key, error);

        if (error && *error)
            return FALSE;
        if ((value < number->least && !(value == 0 && number->or_zero)) || value > number->most)
            return set_invalid_key(path, group, key, error);
        G_STRUCT_MEMBER(guint, config, number->offset) = (guint)value;
        return TRUE;
    }
    if (!g_str_equal(group, "export") || !g_str_equal(key, "directories"))
        return set_invalid_key(path, group, key, error);
    g_strfreev(config->directories);
    config->directories = g_key_file_get_string_list(file, group, key, NULL, error);
    for (char **one = config->directories; one && *one; one++) {
        if (!g_path_is_absolute(*one))
            return set_invalid_key(path, group, key, error);
    }

    return config->directories != NULL;
}

static gboolean
read_config(ServiceConfig *config, GKeyFile *file, const char *path, GError **error)
{
    g_auto(GStrv) groups = g_key_file_get_groups(file, NULL);

    for (char **group = groups; *group; group++) {
        g_auto(GStrv) keys = g_key_file_get_keys(file, *group, NULL, error);

        for (char **key = keys; key && *key; key++) {
            g_autoptr(GError) why = NULL;

            if (read_config_key(config, file, path, *group, *key, &why))
                continue;
            if (why->domain == G_KEY_FILE_ERROR)
                return set_invalid_key(path, *group, *key, error);
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
    }

    return TRUE;
}

ServiceConfig *
service_config_load(const char *path, GError **error)
{
    g_autoptr(ServiceConfig) config = g_new0(ServiceConfig, 1);
    g_autoptr(GKeyFile) file = g_key_file_new();
    g_autoptr(GError) why = NULL;

    for (gsize i = 0; i < G_N_ELEMENTS(numbers); i++)
        G_STRUCT_MEMBER(guint, config, numbers[i].offset) = numbers[i].standard;
    config->directories = g_new0(char *, 1);
    if (!g_key_file_load_from_file(file, path, G_KEY_FILE_NONE, &why)) {
        if (g_error_matches(why, G_FILE_ERROR, G_FILE_ERROR_NOENT))
            return g_steal_pointer(&config);
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER, "%s: %s", path,
                    why->message);
        return NULL;
    }
    if (!read_config(config, file, path, error))
        return NULL;

    return g_steal_pointer(&config);
}

/* --- allowed directories --------------------------------------------------- */

static gboolean
is_below_directory(const char *path, const char *directory)
{
    gsize length = strlen(directory);

    while (length > 1 && directory[length - 1] == '/')
        length--;

    return strncmp(path, directory, length) == 0 &&
           (path[length] == '\0' || path[length] == '/' || length == 1);
}

/* Whether @path is a directory that belongs to root and to which nobody else may write. */
static gboolean
is_directory_safe(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) && st.st_uid == 0 &&
           (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Whether all existing directories on @path are safe. The missing ones will be created by the
 * service in the last existing one. */
static gboolean
is_path_safe(const char *path)
{
    g_autofree char *part = g_strdup(path);

    for (;;) {
        g_autofree char *above = g_path_get_dirname(part);
        struct stat st;
        gboolean there = lstat(part, &st) == 0;

        if (there && !is_directory_safe(part))
            return FALSE;
        if (g_str_equal(above, part))
            return TRUE;
        g_free(part);
        part = g_steal_pointer(&above);
    }
}

static gboolean
is_directory_allowed(const ServiceConfig *config, const char *canonical)
{
    for (char **allowed = config->directories; *allowed; allowed++) {
        if (is_below_directory(canonical, *allowed))
            return is_path_safe(canonical);
    }

    return FALSE;
}

gboolean
service_config_may_export(const ServiceConfig *config, guint uid, const ExportPlace *place,
                          gboolean session, GError **error)
{
    const char *directory = place->directory;
    g_autofree char *above = g_path_get_dirname(directory);

    if (session || uid == 0 ||
        is_directory_allowed(config, place->subdirectory ? directory : above))
        return TRUE;
    if (is_directory_allowed(config, directory)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                    _("You may export into '%s', but not in its place; name a directory in it, or "
                      "leave out subdirectory=no"),
                    directory);
        return FALSE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("You may not export to '%s'; the administrator can allow a directory of root's "
                  "in virtsnapd.conf ([export] directories)"),
                directory);

    return FALSE;
}

gboolean
service_config_may_use(const ServiceConfig *config, guint uid, const char *path, gboolean session,
                       GError **error)
{
    if (session || uid == 0 || is_directory_allowed(config, path))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("You may not have '%s' used; the administrator can allow a directory of root's "
                  "in virtsnapd.conf ([export] directories)"),
                path);

    return FALSE;
}
