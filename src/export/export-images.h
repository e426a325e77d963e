/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * export_images_check:
 * @control: can cancel between the images
 *
 * Checks before anything is copied that no image to be read is truncated, so that a truncated image
 * is not copied as if it were complete. An image to which a running domain writes is not checked.
 *
 * Returns: FALSE with CORRUPT naming a truncated image, with the errors of layer_open(), or with
 * the reason of @control.
 */
gboolean export_images_check(const Plan *plan, Control *control, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
