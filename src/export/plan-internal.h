/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/**
 * plan_internal_disk:
 * @disk: the disk of the snapshot @def whose state is inside the image @top; its layer is set
 *
 * Plans to copy the image as it is if no domain writes to it and the settings do not ask to merge;
 * otherwise plans to flatten the internal snapshot. Warns about images below that were written to
 * since.
 *
 * Returns: FALSE with NOT_FOUND if the image has no such snapshot; INVALID_STATE if it has two, or
 * one with another time than @def; NOT_SUPPORTED if the snapshot cannot be flattened.
 */
gboolean plan_internal_disk(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                            PlanDisk *disk, const Layer *top, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** plan_internal_name: Returns: (nullable): the name of the internal snapshot that @layer is of. */
const char *plan_internal_name(const PlanLayer *layer);

/**
 * plan_internal_keeps:
 *
 * Returns: TRUE if @layer is of no internal snapshot, or of the very one that its image still has.
 * QEMU opens it by its name, and no lock keeps a running domain from making another one of that
 * name; so this is asked before the layer is read, and afterwards.
 */
gboolean plan_internal_keeps(const PlanLayer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
