/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/**
 * plan_internal_disk:
 * @disk: of the snapshot @def, whose state is inside of the image @top; gets its layer
 *
 * Keeps the image as it is where nobody writes to it and that is wanted, else plans to flatten what
 * the snapshot in it holds. Says of the images below that were written to since.
 *
 * Returns: FALSE with NOT_FOUND if the image has no such snapshot; INVALID_STATE if it has two, or
 * one of another time than @def; NOT_SUPPORTED if it cannot be flattened.
 */
gboolean plan_internal_disk(PlanBuilder *builder, const PlanDomain *domain, const SnapshotDef *def,
                            PlanDisk *disk, const Layer *top, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
