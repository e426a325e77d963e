/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * export_images_check:
 * @control: asked between the images
 *
 * Whether every image that is to be read is all there, before anything is copied: one that lost
 * its end is not copied as if it were whole. An image that a running domain writes to is not
 * looked at.
 *
 * Returns: FALSE with CORRUPT naming one that was cut short, as layer_open() can fail, or as
 * @control says.
 */
gboolean export_images_check(const Plan *plan, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
