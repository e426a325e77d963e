/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <string.h>

#include "archive/partial-tidy.h"
#include "archive/target.h"
#include "util/fd.h"

#define SUFFIX ".partial"

/* Returns: (nullable): the time in @name, if it is the name of a partial export. */
static char *
moment_of(const char *name)
{
    static const char form[] = "00000000T000000Z";
    gsize length = strlen(form);

    if (*name != '.' || strlen(name) != 1 + length + strlen(SUFFIX) ||
        !g_str_has_suffix(name, SUFFIX))
        return NULL;
    for (gsize i = 0; i < length; i++) {
        if (form[i] == '0' ? !g_ascii_isdigit(name[1 + i]) : name[1 + i] != form[i])
            return NULL;
    }

    return g_strndup(name + 1, length);
}

/* A partial export that is still written is locked. Freeing the target removes the others. */
static gboolean
tidy_partial(const ExportPlace *any, const char *moment, GError **error)
{
    g_autoptr(ExportPlace) place =
        export_place_new(any->directory, any->name, moment, any->subdirectory);
    g_autoptr(GError) why = NULL;
    g_autoptr(Target) target = target_new(place, &why);

    if (target && target_begin(target, FALSE, &why))
        return TRUE;
    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

gboolean
partial_tidy(const ExportPlace *any, GError **error)
{
    g_autofree char *path = export_place_parent(any);
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, path, NULL);

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *moment = moment_of(g_ptr_array_index(names, i));

        if (moment && !tidy_partial(any, moment, error))
            return FALSE;
    }

    return TRUE;
}
