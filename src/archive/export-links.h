/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"

G_BEGIN_DECLS

/* The disk space that exports take, and how much of it would be freed with them: a file that has
 * more hard links than are known here stays when these are removed. Blocks that files share by
 * reflinks are counted for each file, because finding out would be expensive. */
typedef struct ExportLinks ExportLinks;

/** export_links_new: Returns: an empty set of exports, owned by the caller. */
ExportLinks *export_links_new(void);

/**
 * export_links_add:
 * Adds the files of the export whose directory is open as @dirfd.
 *
 * Returns: FALSE with CORRUPT naming the first file that is missing or whose size differs from
 * @manifest; the other files are added all the same. INVALID_PARAMETER if a file is a mount point.
 */
gboolean export_links_add(ExportLinks *self, int dirfd, const Manifest *manifest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_links_own: Returns: the bytes on disk of the files whose hard links are all known. */
guint64 export_links_own(const ExportLinks *self);

/** export_links_shared: Returns: the bytes on disk of the other files. */
guint64 export_links_shared(const ExportLinks *self);

void export_links_free(ExportLinks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportLinks, export_links_free)

G_END_DECLS
