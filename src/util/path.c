/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/name.h"
#include "util/path.h"

/* --- canonical paths -------------------------------------------------------- */

static gboolean
is_link(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISLNK(st.st_mode);
}

/* Returns: the directory that the kernel finds as @path/.., owned by the caller. @path has no ".."
 * any more, so only a symbolic link at its end leads elsewhere. */
static char *
directory_above(const char *path)
{
    char *resolved = is_link(path) ? realpath(path, NULL) : NULL;
    char *above = g_path_get_dirname(resolved ? resolved : path);

    free(resolved);
    return above;
}

/* Returns: @path with @part appended, or what ".." means there; owned by the caller. */
static char *
append_part(const char *path, const char *part)
{
    if (g_str_equal(part, ".."))
        return directory_above(path);
    if (*part == '\0' || g_str_equal(part, "."))
        return g_strdup(path);

    return g_build_filename(path, part, NULL);
}

/* g_get_current_dir() says "/" when the current directory has been removed. */
static gboolean
has_current_dir(void)
{
    char *here = getcwd(NULL, 0);

    free(here);
    return here != NULL;
}

char *
path_canonical(const char *path)
{
    g_autofree char *here = g_path_is_absolute(path) ? NULL : g_get_current_dir();
    g_autofree char *whole = here ? g_build_filename(here, path, NULL) : g_strdup(path);
    g_auto(GStrv) parts = g_strsplit(whole, "/", -1);
    g_autofree char *result = g_strdup(*path ? "/" : "");

    if (here && !has_current_dir())
        return g_strdup(path);
    for (char **part = parts; *path && *part; part++) {
        g_autofree char *before = g_steal_pointer(&result);

        result = append_part(before, *part);
    }

    return g_steal_pointer(&result);
}

/* --- checks ----------------------------------------------------------------- */

gboolean
path_check(const char *path, GError **error)
{
    g_autofree char *escaped = NULL;

    if (text_fits_xml(path))
        return TRUE;
    escaped = g_strescape(path, NULL);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The path '%s' holds bytes that XML cannot, so that no export could name it; "
                  "rename what it leads to"),
                escaped);

    return FALSE;
}

static gboolean
has_control(const char *text)
{
    for (const char *c = text; *c; c++) {
        if (g_ascii_iscntrl(*c))
            return TRUE;
    }

    return FALSE;
}

static gboolean
has_parent(const char *path)
{
    g_auto(GStrv) parts = g_strsplit(path, "/", -1);

    return g_strv_contains((const char *const *)parts, "..");
}

gboolean
path_check_plain(const char *path, GError **error)
{
    const char *format = NULL;

    if (!path_check(path, error))
        return FALSE;
    if (!g_path_is_absolute(path))
        format = _("'%s' is not an absolute path");
    else if (strlen(path) >= PATH_MAX)
        format = _("The path '%.40s…' is too long");
    else if (has_control(path))
        /* The record of a job is XML, which cannot represent them. */
        format = _("The path '%s' has control characters; choose another");
    else if (has_parent(path))
        format = _("The path '%s' has '..' in it; name the directory without");
    if (!format)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER, format, path);

    return FALSE;
}

static char *
user_directory(const char *named, const char *usual)
{
    return g_path_is_absolute(named) ? g_strdup(named)
                                     : g_build_filename(g_get_home_dir(), usual, NULL);
}

char *
path_user_config(void)
{
    return user_directory(g_get_user_config_dir(), ".config");
}

char *
path_user_state(void)
{
    return user_directory(g_get_user_state_dir(), ".local/state");
}

char *
path_state(const char *name)
{
    g_autofree char *user = path_user_state();
    const char *state = g_getenv("VIRTSNAP_STATE_DIR");

    if (state)
        return g_build_filename(state, name, NULL);
    if (geteuid() == 0)
        return g_build_filename(PKGSTATEDIR, name, NULL);

    return g_build_filename(user, "virtsnap", name, NULL);
}
