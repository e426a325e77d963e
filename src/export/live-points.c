/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/export-point.h"
#include "export/live-points.h"
#include "export/lost-points.h"
#include "snapshot/reference-point.h"

static gboolean
has_tracked(const PlanDomain *domain)
{
    const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

    for (guint i = 0; i < snapshot->disks->len; i++) {
        if (((const PlanDisk *)g_ptr_array_index(snapshot->disks, i))->tracked)
            return TRUE;
    }

    return FALSE;
}

/* What is in the images of one that is off can be taken away only when it runs again. */
static gboolean
is_running(Hypervisor *hypervisor, const char *domain)
{
    gboolean running;
    g_autoptr(DomainRecord) record =
        hypervisor->ops->describe(hypervisor, domain, &running, NULL);

    return record && record->active;
}

/* --- of an export that failed --------------------------------------------------------- */

/* Whether it is the one that was made for this export. */
static gboolean
is_ours(Hypervisor *hypervisor, const char *domain, const PlanPoint *point)
{
    g_autoptr(HypervisorCheckpoint) there = hypervisor->ops->backups->find_checkpoint(
        hypervisor, domain, point->checkpoint, NULL);

    return there && g_strcmp0(there->id, point->id) == 0;
}

void
live_points_take_back(Hypervisor *hypervisor, const Plan *plan)
{
    for (guint i = 0; plan->point && i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);
        g_autoptr(GError) error = NULL;
        gboolean forgotten;

        if (!has_tracked(domain) || !is_running(hypervisor, domain->name) ||
            !is_ours(hypervisor, domain->name, plan->point))
            continue;
        if (!hypervisor->ops->backups->delete_checkpoint(hypervisor, domain->name,
                                                         plan->point->checkpoint, &forgotten,
                                                         &error))
            g_warning("%s", error->message);
    }
}

/* --- of one that is complete ------------------------------------------------------------ */

static const char *
base_checkpoint(const PlanDomain *domain)
{
    const PlanSnapshot *snapshot = g_ptr_array_index(domain->snapshots, 0);

    for (guint i = 0; i < snapshot->disks->len; i++) {
        const PlanDisk *disk = g_ptr_array_index(snapshot->disks, i);

        if (disk->pulled && disk->pulled->since)
            return disk->pulled->since;
    }

    return NULL;
}

/* From the one that is kept first to the one that goes first. */
static gint
compare_points(gconstpointer a, gconstpointer b, gpointer first)
{
    const HypervisorCheckpoint *one = *(HypervisorCheckpoint *const *)a;
    const HypervisorCheckpoint *other = *(HypervisorCheckpoint *const *)b;
    gboolean one_first = g_strcmp0(one->name, first) == 0;
    gboolean other_first = g_strcmp0(other->name, first) == 0;

    if (one_first != other_first)
        return one_first ? -1 : 1;
    if (one->creation_time != other->creation_time)
        return one->creation_time > other->creation_time ? -1 : 1;

    return -g_strcmp0(one->name, other->name);
}

/* All others of the domain that exports of the same have made, but for exports that are still being
 * written: two of them can be, for a domain is let go when its disks have been read. */
static GPtrArray *
list_others(Hypervisor *hypervisor, const Plan *plan, const char *domain, GError **error)
{
    g_autoptr(GPtrArray) all = hypervisor->ops->backups->checkpoints(hypervisor, domain, error);

    for (guint i = 0; all && i < all->len;) {
        const HypervisorCheckpoint *one = g_ptr_array_index(all, i);

        if (g_str_has_prefix(one->name, plan->point->series) &&
            !g_str_equal(one->name, plan->point->checkpoint) && !lost_points_is_awaited(one))
            i++;
        else
            g_ptr_array_remove_index(all, i);
    }

    return g_steal_pointer(&all);
}

/* Whether nobody misses it any more when there is that of this export. An export that began after
 * this one may be complete by now. Of the base it is certain, even if the clock was set back since;
 * within one second it is what was left of one that failed that has no export. */
static gboolean
is_earlier(const Plan *plan, const PlanDomain *domain, const HypervisorCheckpoint *one)
{
    if (lost_points_is_continued(plan, one) || one->creation_time < domain->point_time)
        return TRUE;

    return one->creation_time == domain->point_time && one->export &&
           export_point_look(one->export, one->name, one->id) == EXPORT_POINT_LOST;
}

static GPtrArray *
list_earlier(Hypervisor *hypervisor, const Plan *plan, const PlanDomain *domain, GError **error)
{
    g_autoptr(GPtrArray) all = list_others(hypervisor, plan, domain->name, error);

    for (guint i = 0; all && i < all->len;) {
        if (is_earlier(plan, domain, g_ptr_array_index(all, i)))
            i++;
        else
            g_ptr_array_remove_index(all, i);
    }
    if (all)
        g_ptr_array_sort_with_data(all, compare_points, (gpointer)base_checkpoint(domain));

    return g_steal_pointer(&all);
}

/* Drops all of @points from the one at @first on. */
static gboolean
drop_from(Hypervisor *hypervisor, const char *domain, GPtrArray *points, guint first,
          GPtrArray *warnings, GError **error)
{
    for (guint i = first; i < points->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(points, i);

        if (!reference_point_drop(hypervisor, domain, one->name, warnings, error))
            return FALSE;
    }

    return TRUE;
}

/* The reference point that this export continues is not missed by any other. */
static void
tell_lost(const Plan *plan, const char *domain, GPtrArray *lost, GPtrArray *warnings)
{
    for (guint i = 0; i < lost->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(lost, i);

        if (!lost_points_is_continued(plan, one))
            g_ptr_array_add(
                warnings,
                g_strdup_printf(_("Domain '%s': a reference point of the export '%s' is removed, "
                                  "which is not found there any more; an export that has it as "
                                  "its base reads whole disks"),
                                domain, one->export));
    }
}

static void
drop_of_domain(Hypervisor *hypervisor, const Plan *plan, const PlanDomain *domain,
               GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) earlier = list_earlier(hypervisor, plan, domain, &error);
    /* The reference point of this export is one of those that are kept. */
    gboolean done = earlier && drop_from(hypervisor, domain->name, earlier,
                                         plan->settings->keep_reference_points - 1, warnings,
                                         &error);
    g_autoptr(GPtrArray) lost =
        done ? lost_points_find(hypervisor, plan, domain, &error) : NULL;

    if (lost && drop_from(hypervisor, domain->name, lost, 0, warnings, &error))
        tell_lost(plan, domain->name, lost, warnings);
    if (error)
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("Domain '%s': reference points of earlier exports are "
                                          "left, for the next one to remove: %s"),
                                        domain->name, error->message));
}

static gboolean
is_still_exported(const Plan *plan, const char *uuid)
{
    for (guint i = 0; i < plan->domains->len; i++) {
        if (g_ascii_strcasecmp(((const PlanDomain *)g_ptr_array_index(plan->domains, i))->uuid,
                               uuid) == 0)
            return TRUE;
    }

    return FALSE;
}

/* No later export includes a domain that has left the collection since the base was made, so its
 * reference points have to be removed now. */
static void
drop_of_former(Hypervisor *hypervisor, const Plan *plan, const ManifestDomain *before,
               GPtrArray *warnings)
{
    gboolean running;
    g_autoptr(DomainRecord) domain =
        hypervisor->ops->describe(hypervisor, before->uuid, &running, NULL);
    g_autoptr(GPtrArray) left =
        domain ? list_others(hypervisor, plan, domain->name, NULL) : NULL;

    for (guint i = 0; left && i < left->len; i++) {
        const HypervisorCheckpoint *one = g_ptr_array_index(left, i);
        g_autoptr(GError) error = NULL;

        if (domain->active &&
            reference_point_drop(hypervisor, domain->name, one->name, warnings, &error))
            continue;
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("The domain '%s' is not exported any more, and its "
                                          "checkpoint '%s' is left (%s); remove it with 'virsh "
                                          "checkpoint-delete' while the domain runs"),
                                        domain->name, one->name,
                                        error ? error->message : _("it is shut off")));
    }
}

static void
drop_of_all_former(Hypervisor *hypervisor, const Plan *plan, GPtrArray *warnings)
{
    GPtrArray *before = plan->base ? plan->base->manifest->domains : NULL;

    for (guint i = 0; before && i < before->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(before, i);

        if (!is_still_exported(plan, domain->uuid))
            drop_of_former(hypervisor, plan, domain, warnings);
    }
}

void
live_points_drop_earlier(Hypervisor *hypervisor, const Plan *plan, GPtrArray *warnings)
{
    /* Without a base it does not follow them. */
    for (guint i = 0; plan->point && plan->settings->base && i < plan->domains->len; i++) {
        const PlanDomain *domain = g_ptr_array_index(plan->domains, i);

        if (has_tracked(domain) && is_running(hypervisor, domain->name))
            drop_of_domain(hypervisor, plan, domain, warnings);
    }
    if (plan->point && plan->settings->base)
        drop_of_all_former(hypervisor, plan, warnings);
}
