/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "virtsnap/target.h"

G_BEGIN_DECLS

/**
 * target_space_at:
 * @directory: on the file system that is asked
 * @earlier: the directory of what an earlier run has left there, which need not exist
 *
 * As target_space().
 */
gboolean target_space_at(const char *directory, const char *earlier, TargetSpace *space,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
