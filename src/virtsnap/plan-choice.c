/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "virtsnap/plan-choice.h"

gboolean
plan_choice_excludes(Plan *plan, const char *domain, const char *target)
{
    gboolean found = FALSE;

    /* All of them: who names a disk twice means it, and neither is unknown. */
    for (guint i = 0; i < plan->settings->exclude->len; i++) {
        VirtSnapExclude *exclude = g_ptr_array_index(plan->settings->exclude, i);

        if (g_str_equal(exclude->domain, domain) && g_str_equal(exclude->target, target)) {
            g_hash_table_add(plan->excluded, exclude);
            found = TRUE;
        }
    }

    return found;
}

gboolean
plan_choice_check(Plan *plan, GError **error)
{
    for (guint i = 0; i < plan->settings->exclude->len; i++) {
        const VirtSnapExclude *exclude = g_ptr_array_index(plan->settings->exclude, i);

        if (g_hash_table_contains(plan->excluded, exclude))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("exclude: no disk '%s' of a domain '%s' is in this collection"),
                    exclude->target, exclude->domain);
        return FALSE;
    }

    return TRUE;
}
