/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/**
 * plan_live_disk:
 * @top: its present image
 *
 * Plans the present state of @disk: pulled from QEMU if it is a disk that the running @domain
 * writes to, else read from its images, which nobody may write to meanwhile.
 */
gboolean plan_live_disk(PlanBuilder *builder, const PlanDomain *domain, PlanDisk *disk,
                        const Layer *top, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** plan_live_consistency: Returns: what a member's export will have if all goes well. */
const char *plan_live_consistency(const Plan *plan, const PlanDomain *domain);

G_END_DECLS
