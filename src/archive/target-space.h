/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** Properties of the file system of a target. */
typedef struct {
    guint64 free;   /* free bytes */
    guint64 device; /* its device number (st_dev) */
    gboolean clones; /* it supports reflinks */
} TargetSpace;

/**
 * target_space_at:
 * @directory: a directory on the file system
 * @earlier: the partial directory of an earlier run, which need not exist
 *
 * Determines the properties of a file system. The space that an earlier run occupies counts as
 * free, because its files are either removed or need not be written again.
 */
gboolean target_space_at(const char *directory, const char *earlier, TargetSpace *space,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
