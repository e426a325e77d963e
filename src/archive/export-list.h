/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/export-stamp.h"
#include "archive/manifest.h"

G_BEGIN_DECLS

/** An export that was found in a directory. */
typedef struct {
    char *path;
    char *below;        /* the same, relative to the directory that was listed; "." for itself */
    Manifest *manifest; /* NULL: the manifest cannot be read */
    char *problem;      /* why it cannot be read, or is not complete; NULL: it is complete,
                         * judged by the names and sizes of its files */
    gint64 created;     /* when it was exported, in seconds since the epoch; 0: not known */
    ExportStamp stamp;
    gboolean is_protected; /* it is not removed by rules */
    guint64 own;        /* bytes on disk of files without other hard links */
    guint64 shared;     /* bytes on disk of files with other hard links */
} FoundExport;

/**
 * export_list:
 * @directory: the directory into which exports were made
 *
 * Looks for manifests in @directory itself and two levels below it; partial exports are ignored.
 * Returns: (element-type FoundExport): the exports sorted by path, owned by the caller.
 */
GPtrArray *export_list(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** manifest_bytes: Returns: the total size in bytes of all files in @manifest. */
guint64 manifest_bytes(const Manifest *manifest);

/** manifest_created: Returns: when the export was made, in seconds since the epoch; 0: unknown. */
gint64 manifest_created(const Manifest *manifest);

G_END_DECLS
