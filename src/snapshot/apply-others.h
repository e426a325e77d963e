/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/image-users.h"

G_BEGIN_DECLS

/**
 * apply_others_check:
 * @def: a snapshot of @domain
 *
 * Looks at the disks that @domain would write to after it has gone back to @def and that are not
 * part of @def. It gets them with the images that they had then, and writes to these. Returns:
 * FALSE with INVALID_STATE, naming the disk, if one has another image by now, or if one that it
 * does not have any more is below an image that somebody needs.
 */
gboolean apply_others_check(const ImageUsers *users, const DomainSurvey *domain,
                            const SnapshotDef *def, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
