/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/* Whether the images that an external snapshot froze still hold its state. */

/**
 * plan_frozen_check:
 * @present: (element-type utf8): the images that the domain writes to now, or would once started
 *
 * Returns: FALSE with INVALID_STATE if @top, which the snapshot froze, is one of them.
 */
gboolean plan_frozen_check(GPtrArray *present, const Layer *top, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * plan_frozen_warn:
 * Says of each image of the chain at @top that was written to after @def froze it. A layer that
 * was committed into, or written to in another way, holds another state than the snapshot's; that
 * it is newer than the overlay that took its place, or on top again for a later snapshot of the
 * domain, is all there is to see it by. Where nothing tells when the overlay was made, whatever may
 * have been after that is said to be doubtful; so is every block device, which has no such time.
 */
void plan_frozen_warn(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                      const Layer *top);

/** plan_frozen_warn_below: The same for the images below @top, which hold for an internal snapshot
 * in @top what it does not hold itself. */
void plan_frozen_warn_below(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                            const Layer *top);

G_END_DECLS
