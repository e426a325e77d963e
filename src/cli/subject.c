/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "cli/subject.h"
#include "util/name.h"

static gint
compare_names(gconstpointer a, gconstpointer b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static GPtrArray *
sorted_once(char *const *names, GError **error)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);

    for (char *const *name = names; *name; name++) {
        if (!name_check(*name, _("domain"), error))
            return NULL;
        if (!g_ptr_array_find_with_equal_func(sorted, *name, g_str_equal, NULL))
            g_ptr_array_add(sorted, g_strdup(*name));
    }
    g_ptr_array_sort(sorted, compare_names);

    return g_steal_pointer(&sorted);
}

CliSubject *
cli_subject_new(const char *collection, char *const *domains, GError **error)
{
    g_autoptr(CliSubject) self = g_new0(CliSubject, 1);

    if (collection) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("There is no collection '%s'"), collection);
        return NULL;
    }
    self->domains = sorted_once(domains, error);
    if (!self->domains)
        return NULL;

    return g_steal_pointer(&self);
}

void
cli_subject_free(CliSubject *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_free(self->collection_xml);
    g_free(self);
}
