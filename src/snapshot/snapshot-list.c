/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "snapshot/snapshot-list.h"

/* Removes from @names what is not in @others. */
static void
intersect_names(GPtrArray *names, GPtrArray *others)
{
    for (guint i = names->len; i-- > 0;) {
        if (!g_ptr_array_find_with_equal_func(others, g_ptr_array_index(names, i), g_str_equal,
                                              NULL))
            g_ptr_array_remove_index(names, i);
    }
}

GPtrArray *
snapshot_list_common(Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) common = NULL;

    for (guint i = 0; i < domains->len; i++) {
        const char *domain = g_ptr_array_index(domains, i);
        g_autoptr(GPtrArray) names = hypervisor->ops->list_snapshots(hypervisor, domain, error);

        if (!names)
            return NULL;
        if (common)
            intersect_names(common, names);
        else
            common = g_steal_pointer(&names);
    }

    return common ? g_steal_pointer(&common) : g_ptr_array_new_with_free_func(g_free);
}
