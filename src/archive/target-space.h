/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/** What the file system of a target has to offer. */
typedef struct {
    guint64 free;   /* bytes that may be written */
    guint64 device; /* as in struct stat */
    gboolean clones; /* files on it can share blocks (reflink) */
} TargetSpace;

/**
 * target_space_at:
 * @directory: on the file system that is asked
 * @earlier: the directory of what an earlier run has left there, which need not exist
 *
 * Asks a file system what it has to offer. What an earlier run left there is free: it is removed,
 * or needs not be written again.
 */
gboolean target_space_at(const char *directory, const char *earlier, TargetSpace *space,
                         GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
