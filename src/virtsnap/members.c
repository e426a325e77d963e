/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "util/name.h"
#include "virtsnap/collection-store.h"
#include "virtsnap/collection.h"
#include "virtsnap/members.h"

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

static gboolean
is_loaded(GPtrArray *collections, const char *name)
{
    for (guint i = 0; i < collections->len; i++) {
        if (g_str_equal(((VirtSnapCollection *)g_ptr_array_index(collections, i))->name, name))
            return TRUE;
    }

    return FALSE;
}

static gboolean
load_one(VirtSnapCollectionStore *store, GPtrArray *collections, const char *name, GError **error)
{
    VirtSnapCollection *collection;

    if (is_loaded(collections, name))
        return TRUE;
    collection = virt_snap_collection_store_load(store, name, error);
    if (!collection)
        return FALSE;
    g_ptr_array_add(collections, collection);

    return TRUE;
}

/* The collection @name first, then all below it, each once. */
static GPtrArray *
load_tree(VirtSnapCollectionStore *store, const char *name, GError **error)
{
    g_autoptr(GPtrArray) collections =
        g_ptr_array_new_with_free_func((GDestroyNotify)virt_snap_collection_free);

    if (!load_one(store, collections, name, error))
        return NULL;
    for (guint i = 0; i < collections->len; i++) {
        const VirtSnapCollection *collection = g_ptr_array_index(collections, i);

        for (guint j = 0; j < collection->collections->len; j++) {
            if (!load_one(store, collections, g_ptr_array_index(collection->collections, j),
                          error))
                return NULL;
        }
    }

    return g_steal_pointer(&collections);
}

static gboolean
load_collection(Members *self, const char *name, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);

    self->domains = virt_snap_collection_store_resolve(store, name, error);
    if (!self->domains)
        return FALSE;
    if (self->domains->len == 0) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The collection '%s' has no domains; add some with collection-add"), name);
        return FALSE;
    }
    self->collections = load_tree(store, name, error);

    return self->collections != NULL;
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

void
members_free(Members *self)
{
    if (!self)
        return;
    g_clear_pointer(&self->domains, g_ptr_array_unref);
    g_clear_pointer(&self->collections, g_ptr_array_unref);
    g_free(self);
}
