/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "archive/export-point.h"
#include "archive/target.h"
#include "export/lost-points.h"
#include "snapshot/reference-point.h"

typedef struct {
    const Plan *plan;
    gboolean many; /* there are more of other directories than LOST_POINTS_KEPT */
    guint lost;    /* how many of those that were looked at are kept though they are lost */
} LostPoints;

/* Returns: whether an export into another directory, which is known, made it for itself. */
static gboolean
is_of_other_directory(const Plan *plan, const HypervisorCheckpoint *one)
{
    return g_str_has_prefix(one->name, REFERENCE_POINT_OF_EXPORT) &&
           !g_str_has_prefix(one->name, plan->point->series) && one->id && one->export;
}

gboolean
lost_points_is_continued(const Plan *plan, const HypervisorCheckpoint *one)
{
    return plan->base && manifest_has_point(plan->base->manifest, one->name, one->id);
}

gboolean
lost_points_is_awaited(const HypervisorCheckpoint *one)
{
    g_autoptr(ExportPlace) place =
        one->export ? export_place_new(one->export, NULL, NULL, FALSE) : NULL;
    g_autoptr(Target) target = place ? target_left_at(place) : NULL;

    return target && target_is_written(target);
}

/* Returns: whether @one, which is of another directory, is to be removed. They have to be looked at
 * from the newest to the oldest. The other directories are accessed only if it depends on them. */
static gboolean
is_to_go(LostPoints *self, const HypervisorCheckpoint *one)
{
    gboolean continued = lost_points_is_continued(self->plan, one);

    if ((!continued && !self->many) ||
        export_point_look(one->export, one->name, one->id) != EXPORT_POINT_LOST ||
        lost_points_is_awaited(one))
        return FALSE;
    if (continued)
        return TRUE;
    self->lost++;

    return self->lost > LOST_POINTS_KEPT;
}

static gint
compare_newest_first(gconstpointer a, gconstpointer b)
{
    const HypervisorCheckpoint *one = *(HypervisorCheckpoint *const *)a;
    const HypervisorCheckpoint *other = *(HypervisorCheckpoint *const *)b;

    if (one->creation_time != other->creation_time)
        return one->creation_time > other->creation_time ? -1 : 1;

    return -g_strcmp0(one->name, other->name);
}

static GPtrArray *
list_of_other_directories(Hypervisor *hypervisor, const Plan *plan, const char *domain,
                          GError **error)
{
    g_autoptr(GPtrArray) all = hypervisor->ops->backups->checkpoints(hypervisor, domain, error);

    for (guint i = 0; all && i < all->len;) {
        if (is_of_other_directory(plan, g_ptr_array_index(all, i)))
            i++;
        else
            g_ptr_array_remove_index(all, i);
    }

    return g_steal_pointer(&all);
}

GPtrArray *
lost_points_find(Hypervisor *hypervisor, const Plan *plan, const PlanDomain *domain,
                 GError **error)
{
    g_autoptr(GPtrArray) all = list_of_other_directories(hypervisor, plan, domain->name, error);
    LostPoints self = {.plan = plan, .many = all && all->len > LOST_POINTS_KEPT};

    if (!all)
        return NULL;
    g_ptr_array_sort(all, compare_newest_first);
    for (guint i = 0; i < all->len;) {
        if (is_to_go(&self, g_ptr_array_index(all, i)))
            i++;
        else
            g_ptr_array_remove_index(all, i);
    }

    return g_steal_pointer(&all);
}
