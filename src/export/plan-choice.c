/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "export/plan-choice.h"

static gboolean
is_named(PlanBuilder *builder, GPtrArray *disks, const char *domain, const char *target)
{
    gboolean found = FALSE;

    /* All matches are marked, because a disk that is named twice is not unknown. */
    for (guint i = 0; i < disks->len; i++) {
        VirtSnapExclude *disk = g_ptr_array_index(disks, i);

        if (g_str_equal(disk->domain, domain) && g_str_equal(disk->target, target)) {
            g_hash_table_add(builder->excluded, disk);
            found = TRUE;
        }
    }

    return found;
}

gboolean
plan_choice_excludes(PlanBuilder *builder, const char *domain, const char *target)
{
    return is_named(builder, builder->plan->settings->exclude, domain, target);
}

gboolean
plan_choice_includes(PlanBuilder *builder, const char *domain, const char *target)
{
    return is_named(builder, builder->plan->settings->include, domain, target);
}

static gboolean
check_matched(PlanBuilder *builder, GPtrArray *disks, const char *setting, GError **error)
{
    for (guint i = 0; i < disks->len; i++) {
        const VirtSnapExclude *disk = g_ptr_array_index(disks, i);

        if (g_hash_table_contains(builder->excluded, disk))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("%s: no disk '%s' of a domain '%s' is in this collection"), setting,
                    disk->target, disk->domain);
        return FALSE;
    }

    return TRUE;
}

gboolean
plan_choice_check(PlanBuilder *builder, GError **error)
{
    return check_matched(builder, builder->plan->settings->exclude, "exclude", error) &&
           check_matched(builder, builder->plan->settings->include, "include", error);
}
