/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/**
 * plan_base_apply:
 * @base: (transfer full): the plan's from now on
 * @device: of the file system that the export goes to, as in struct stat
 *
 * Decides what of @plan is taken from @base instead of being read. A layer of which every image is
 * certain to be what it was is linked; one that looks so is compared first. What a disk has beside
 * what is linked becomes a layer of changes on top of the base's, where copying its chain would
 * write again what the base holds: if a layer that the base has was written to since (by a block
 * commit), or if the base has the disk as one image. Such a layer takes the place of the chain.
 * What only looks at one snapshot holds for the exported one; with all of them, layers are linked
 * or copied.
 *
 * Returns: FALSE with CORRUPT naming what of the base is damaged.
 */
gboolean plan_base_apply(Plan *plan, ExportBase *base, guint64 device, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
