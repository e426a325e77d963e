/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-place.h"
#include "export/plan.h"

G_BEGIN_DECLS

/* Reference points of live exports: the one of the base's moment, since which is known what has
 * changed, and the one that is made of the new moment. */

/**
 * plan_points_run:
 *
 * Returns: what tells the time in which nobody but the hypervisor could write to the image of
 * @disk, which is pulled from @domain, from other such times; owned by the caller. It begins when
 * the domain is started or the disk attached. NULL: it is not known.
 */
char *plan_points_run(const PlanDomain *domain, const PlanDisk *disk);

/** plan_points_describe: Returns: (nullable): the checkpoint of @disk that follows what changes
 * from the moment of the export on, for its manifest; owned by the caller. */
ManifestCheckpoint *plan_points_describe(const Plan *plan, const PlanDisk *disk);

/**
 * plan_points_take:
 *
 * Takes into @plan, of an export of sets, the checkpoints that were made with their snapshots, as
 * the records of these have them: of images that are what they were then. A disk whose image is not
 * is a warning; the next export compares it.
 */
gboolean plan_points_take(Plan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * plan_points_find:
 * @base: of @plan, before plan_base_apply()
 *
 * Finds out for every disk that is pulled whether the hypervisor knows what has changed on it since
 * @base was made: the checkpoint that the manifest of @base has is there and the very same, its
 * bitmap is whole, the image is the very same file, and the hypervisor has had it all the time: an
 * image that it does not have may be overwritten, by a copy with the bitmaps of another one, too,
 * and most programs that write to one know nothing of bitmaps. Where that is not so, @plan gets a
 * warning that names the disk and the reason, and the disk is compared instead; or, if the settings
 * are strict, it is INVALID_STATE. Of a disk that the base does not have, and of one whose changes
 * nobody could know, nothing is said.
 */
gboolean plan_points_find(Hypervisor *hypervisor, Plan *plan, const ExportBase *base,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * plan_points_make:
 * @place: where the export goes
 *
 * Puts the reference point into @plan that is to be made of its moment, if there is to be one: that
 * which was asked for, or, if the export was to have a base, one of its own. ALREADY_EXISTS naming
 * a domain that has one of that name.
 */
gboolean plan_points_make(Hypervisor *hypervisor, Plan *plan, const ExportPlace *place,
                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
