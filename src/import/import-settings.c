/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/import-settings.h"
#include "util/name.h"
#include "util/strings.h"

ImportSettings *
import_settings_new(void)
{
    ImportSettings *self = g_new0(ImportSettings, 1);

    self->domains = g_ptr_array_new_with_free_func(g_free);
    self->renames = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    self->trust = g_ptr_array_new_with_free_func(g_free);
    self->define = TRUE;

    return self;
}

ImportSettings *
import_settings_copy(const ImportSettings *self)
{
    ImportSettings *copy = g_memdup2(self, sizeof *self);
    GHashTableIter iter;
    gpointer old, new;

    copy->domains = strings_copy(self->domains);
    copy->trust = strings_copy(self->trust);
    copy->suffix = g_strdup(self->suffix);
    copy->pool = g_strdup(self->pool);
    copy->renames = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    g_hash_table_iter_init(&iter, self->renames);
    while (g_hash_table_iter_next(&iter, &old, &new))
        g_hash_table_insert(copy->renames, g_strdup(old), g_strdup(new));

    return copy;
}

void
import_settings_free(ImportSettings *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->domains);
    g_ptr_array_unref(self->trust);
    g_hash_table_unref(self->renames);
    g_free(self->suffix);
    g_free(self->pool);
    g_free(self);
}

/* Names may contain '='; the first one that leaves two valid names separates them. */
gboolean
import_settings_rename(ImportSettings *self, const char *text, GError **error)
{
    const char *equals = strchr(text, '=');
    g_autofree char *old = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;

    if (!old || *old == '\0') {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is no OLD=NEW"), text);
        return FALSE;
    }
    if (!name_check(equals + 1, _("domain"), error))
        return FALSE;
    if (!g_hash_table_insert(self->renames, g_steal_pointer(&old), g_strdup(equals + 1))) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' gives a name that has one already"), text);
        return FALSE;
    }

    return TRUE;
}

static gboolean
refuse_both_settings(GError **error, const char *one, const char *other)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("%s and %s contradict each other; leave one out"), one, other);

    return FALSE;
}

gboolean
import_settings_check(const ImportSettings *self, GError **error)
{
    if (!self->define && self->start)
        return refuse_both_settings(error, "--no-define", "--start");
    if (!self->define && self->with_snapshots)
        return refuse_both_settings(error, "--no-define", "--with-snapshots");
    if (self->in_place && self->pool)
        return refuse_both_settings(error, "--in-place", "--pool");
    if (self->in_place && !self->define)
        return refuse_both_settings(error, "--in-place", "--no-define");
    /* Removing a snapshot merges into the layer below, which would be the export's. */
    if (self->in_place && self->with_snapshots)
        return refuse_both_settings(error, "--in-place", "--with-snapshots");

    return TRUE;
}

char *
import_settings_name(const ImportSettings *self, const char *old)
{
    const char *new = g_hash_table_lookup(self->renames, old);

    return new ? g_strdup(new) : g_strconcat(old, self->suffix, NULL);
}

gboolean
import_settings_wants(const ImportSettings *self, const char *name)
{
    return self->domains->len == 0 ||
           g_ptr_array_find_with_equal_func(self->domains, name, g_str_equal, NULL);
}
