/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/* Checks whether the images that an external snapshot froze still have the state of the
 * snapshot. */

/**
 * plan_frozen_check:
 * @present: (element-type utf8): the images to which the domain writes now, or would write when
 * started
 *
 * Returns: FALSE with INVALID_STATE if @top, which the snapshot froze, is among them.
 */
gboolean plan_frozen_check(GPtrArray *present, const Layer *top, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * plan_frozen_warn:
 * Warns about each image in the chain of @top that was written to after @def froze it, as by a
 * block commit, because it does not have the state of the snapshot any more. That can only be seen
 * from an mtime later than the creation of the overlay, or from a later snapshot that had the image
 * as its top layer again. If the time of the overlay's creation is unknown, a write that may have
 * been later is reported as doubtful; so is every block device, which has no mtime.
 */
void plan_frozen_warn(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                      const Layer *top);

/** plan_frozen_warn_below: Does the same as plan_frozen_warn() for the images below @top, on which
 * an internal snapshot in @top depends. */
void plan_frozen_warn_below(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                            const Layer *top);

G_END_DECLS
