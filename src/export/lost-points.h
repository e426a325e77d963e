/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/* Reference points of exports that are not found any more. The names of those that exports make for
 * themselves follow from the directory, so exports into another one never remove them; and when a
 * directory is moved or removed, nobody does. But not every export that is not found is gone: its
 * disk may be mounted again, or a copy of it may be in use. Whatever is removed too early costs
 * time and no more: the next export on that base compares its disks. */

/** How many are kept of one domain that no export is found for. */
#define LOST_POINTS_KEPT 4

/** lost_points_is_continued: Returns: whether @one is the reference point that the base of @plan
 * names. */
gboolean lost_points_is_continued(const Plan *plan, const HypervisorCheckpoint *one);

/** lost_points_is_awaited: Returns: whether @one was made for an export that is being written, and
 * will be of use when that is complete. It waits for the file system that it is written to. */
gboolean lost_points_is_awaited(const HypervisorCheckpoint *one);

/**
 * lost_points_find:
 * @domain: a domain of @plan, an export that is complete
 *
 * Finds reference points of the domain that exports into other directories made for themselves and
 * that are to be removed. These are the one that the base names, if the base is not where it was
 * made any more, because the base was moved and the new export continues it; and of all others
 * whose exports are not found those that are not among the newest LOST_POINTS_KEPT.
 *
 * Returns: (element-type HypervisorCheckpoint): owned by the caller; NULL with an error of the
 * hypervisor.
 */
GPtrArray *lost_points_find(Hypervisor *hypervisor, const Plan *plan, const PlanDomain *domain,
                            GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
