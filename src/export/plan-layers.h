/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/**
 * plan_layers_copy:
 * @live: see PlanLayer
 *
 * Plans to copy @source and its backing chain, each image as a layer. An image that is planned
 * already for another disk is shared.
 */
PlanLayer *plan_layers_copy(PlanBuilder *builder, const Layer *source);

/**
 * plan_layers_flatten:
 * @snapshot: (nullable): internal snapshot of the image
 *
 * Plans to flatten the chain of @source, as a guest sees it, into one image.
 * Returns: (transfer none): the layer.
 */
PlanLayer *plan_layers_flatten(PlanBuilder *builder, const Layer *source,
                               const Qcow2Snapshot *snapshot, gboolean live);

/**
 * plan_layers_pull:
 * @source: the present image of the disk @target of @domain, which runs
 *
 * Puts what the guest sees of that disk at the moment of the export into the plan, as one image.
 * Returns: (transfer none): that layer.
 */
PlanLayer *plan_layers_pull(PlanBuilder *builder, const PlanDomain *domain, const char *target,
                            const Layer *source);

/**
 * plan_layers_changes:
 * @names: of layers that are taken; its own is added, and is the layer's
 * @chain: the top layer of the disk, as it would be without a base
 * @backing: the top layer of the disk in the base, linked
 *
 * Returns: a layer of what @chain has otherwise than @backing, used once, owned by the caller.
 */
PlanLayer *plan_layers_changes(Plan *plan, GHashTable *names, const PlanLayer *chain,
                               PlanLayer *backing);

/**
 * plan_layers_arrange:
 * @linked: (element-type PlanLayer): the base's, each behind what it is based on
 * @changes: (element-type PlanLayer): and those above them
 *
 * Orders the plan's layers anew, with those given, which become its own, and without those that no
 * disk uses any more, which are freed.
 */
void plan_layers_arrange(Plan *plan, const GPtrArray *linked, const GPtrArray *changes);

G_END_DECLS
