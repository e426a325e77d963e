/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <sys/stat.h>

#include "util/error.h"

G_BEGIN_DECLS

/** Which export something was decided about. Between that and what follows from it somebody
 * can remove the export and make another one of the same name. The inode can be the same then, but
 * not the time as well. */
typedef struct {
    guint64 device;
    guint64 inode;  /* of its manifest */
    gint64 written; /* when the manifest was written, in nanoseconds since the epoch: orders exports
                     * of one second */
} ExportStamp;

/** export_stamp_of: Returns: the stamp of the export whose manifest is @st. */
ExportStamp export_stamp_of(const struct stat *st);

/**
 * export_stamp_check:
 * @lock: the open manifest, with the lock that keeps it from being removed
 * @path: for the message
 *
 * Returns: FALSE with INVALID_STATE if this is another export than that of @self.
 */
gboolean export_stamp_check(const ExportStamp *self, int lock, const char *path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
