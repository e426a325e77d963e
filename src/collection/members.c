/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "collection/collection-store-private.h"
#include "collection/collection.h"
#include "collection/members.h"
#include "util/name.h"
#include "util/strings.h"

static GPtrArray *
sorted_once(char *const *names, GError **error)
{
    g_autoptr(GPtrArray) sorted = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

    for (char *const *name = names; *name; name++) {
        if (!name_check(*name, _("domain"), error))
            return NULL;
        if (g_hash_table_add(seen, *name))
            g_ptr_array_add(sorted, g_strdup(*name));
    }
    strings_sort(sorted);

    return g_steal_pointer(&sorted);
}

static gboolean
load_collection(Members *self, const char *name, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    if (!collection_store_read_tree(store, name, &self->collections, &self->domains, error))
        return FALSE;
    if (self->domains->len > 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The collection '%s' has no domains; add some with collection-add"), name);

    return FALSE;
}

Members *
members_new(const char *collection, char *const *domains, GError **error)
{
    g_autoptr(Members) self = g_new0(Members, 1);

    if (collection) {
        if (!load_collection(self, collection, error))
            return NULL;
    } else {
        self->domains = sorted_once(domains, error);
        if (!self->domains)
            return NULL;
    }

    return g_steal_pointer(&self);
}

gboolean
members_find(Members *self, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    GPtrArray *sorted;

    if (self->collections)
        return TRUE;
    for (guint i = 0; i < self->domains->len; i++) {
        char *name =
            hypervisor->ops->find_domain(hypervisor, g_ptr_array_index(self->domains, i), error);

        if (!name)
            return FALSE;
        g_ptr_array_add(names, name);
    }
    g_ptr_array_add(names, NULL);
    sorted = sorted_once((char *const *)names->pdata, error);
    if (!sorted)
        return FALSE;
    g_ptr_array_unref(self->domains);
    self->domains = sorted;

    return TRUE;
}

void
members_free(Members *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_clear_pointer(&self->collections, g_ptr_array_unref);
    g_free(self);
}
