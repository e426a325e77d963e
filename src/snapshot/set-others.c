/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/collection-private.h"
#include "collection/collection-store.h"
#include "snapshot/set-others.h"

static gboolean
has_other_name(GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

/* Returns: whether the set is complete now and has members of @names as well as others, so that
 * removing those of @names would break it. */
static gboolean
is_broken_without(GPtrArray *domains, GPtrArray *members, GPtrArray *names, const char *snapshot)
{
    gboolean common = FALSE;
    gboolean other = FALSE;

    for (guint i = 0; i < members->len; i++) {
        const char *name = g_ptr_array_index(members, i);
        const DomainSurvey *domain = domain_survey_find(domains, name);

        if (!domain || !domain_survey_snapshot(domain, snapshot))
            return FALSE;
        common = common || has_other_name(names, name);
        other = other || !has_other_name(names, name);
    }

    return common && other;
}

gboolean
set_others_find(GPtrArray *domains, const char *collection, const char *snapshot,
                GPtrArray *names, GPtrArray *needs, GError **error)
{
    g_autoptr(VirtSnapCollectionStore) store = virt_snap_collection_store_new(NULL);
    g_autoptr(GPtrArray) problems = NULL;
    g_autoptr(GPtrArray) collections = virt_snap_collection_store_list(store, &problems, error);

    if (!collections)
        return FALSE;
    for (guint i = 0; i < collections->len; i++) {
        const VirtSnapCollection *one = g_ptr_array_index(collections, i);
        const char *name = one->name;
        g_autoptr(GPtrArray) members = NULL;

        if (g_strcmp0(name, collection) == 0)
            continue;
        /* A collection that cannot be read, or is gone, needs nothing. */
        members = virt_snap_collection_store_resolve(store, name, NULL);
        if (members && is_broken_without(domains, members, names, snapshot))
            g_ptr_array_add(needs, g_strdup_printf(_("the set '%s' of the collection '%s' needs "
                                                     "its snapshots"),
                                                   snapshot, name));
    }

    return TRUE;
}
