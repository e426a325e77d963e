/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/apply-plan.h"
#include "snapshot/create-plan.h"
#include "snapshot/delete-plan.h"
#include "snapshot/reference-plan.h"

G_BEGIN_DECLS

/* What would be done with snapshot sets and reference points, as dictionaries (a{sv}): what the
 * command shows, and the service sends. Each has "warnings" (as): @warnings (element-type utf8),
 * and is a floating reference. A text that is missing is not there. */

/** create_plan_format: Returns: "collection", "snapshot" (s), "members" (aa{sv}: "domain", "state",
 * "kind", "asked", "memory" (s), "disks" (aa{sv}: "target", "source", "overlay" (s), "followed"
 * (b))). */
GVariant *create_plan_format(const CreatePlan *plan, GPtrArray *warnings);

/** delete_plan_format: @point: (nullable): the reference point that stays. Returns: "collection",
 * "snapshot", "referencePoint" (s), "members" (aa{sv}: "domain", "kind", "memory" (s), "disks"
 * (aa{sv}: "target", "method", "from", "into" (s), "bytes" (t))). */
GVariant *delete_plan_format(const DeletePlan *plan, const char *point, GPtrArray *warnings);

/** apply_plan_format: Returns: "collection", "snapshot", "before" (s), "members" (aa{sv}: "domain",
 * "kind", "method" (s), "disks" (aa{sv}: "target", "frozen", "present", "overlay" (s))). */
GVariant *apply_plan_format(const ApplyPlan *plan, GPtrArray *warnings);

/** reference_plan_format: @name: of the reference point. Returns: "collection", "referencePoint"
 * (s), "members" (aa{sv}: "domain", "checkpoint" (s), of one to be made "disks" (as)). */
GVariant *reference_plan_format(const ReferencePlan *plan, const char *collection,
                                const char *name, GPtrArray *warnings);

G_END_DECLS
