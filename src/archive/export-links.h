/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"

G_BEGIN_DECLS

/* What exports take on the disk, and how much of it only they do: a file that has more names than
 * those that are known here stays when these go. Blocks that files share (reflinks) are counted for
 * each of them; nobody can tell cheaply. */
typedef struct ExportLinks ExportLinks;

/** export_links_new: Returns: one without exports, owned by the caller. */
ExportLinks *export_links_new(void);

/**
 * export_links_add:
 * Adds the files of the export whose directory is open as @dirfd.
 *
 * Returns: FALSE with CORRUPT, naming the first file that is not there or has another size than
 * @manifest says; the others are added even so. INVALID_PARAMETER if one is a mount point.
 */
gboolean export_links_add(ExportLinks *self, int dirfd, const Manifest *manifest, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** export_links_own: Returns: bytes on the disk of files of which all names are known. */
guint64 export_links_own(const ExportLinks *self);

/** export_links_shared: Returns: bytes on the disk of the others. */
guint64 export_links_shared(const ExportLinks *self);

void export_links_free(ExportLinks *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportLinks, export_links_free)

G_END_DECLS
