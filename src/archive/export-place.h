/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** The destination of an export, as one value from the request to the final rename. */
typedef struct {
    char *directory; /* requested directory, absolute and canonical; symbolic links in it are not
                      * resolved */
    char *name;      /* name of the collection, or made from those of the members; the export's
                      * directory is named after it */
    char *snapshot;
    gboolean subdirectory; /* TRUE: the export is directory/name/snapshot, and the parent of
                            * directory must exist; FALSE: it is directory itself, which must be
                            * absent or empty */
    gboolean deep; /* with subdirectory: directories above directory are made, too */
} ExportPlace;

/**
 * export_place_new:
 * @directory: as a user, a program or a record names it; it is made canonical here, once, by
 * path_canonical()
 * @name: (nullable): NULL if it is not known yet
 * @snapshot: (nullable): NULL: the present time is its name, as of a live export
 *
 * Returns: a place, owned by the caller. The file system is accessed only for a ".." in @directory.
 */
ExportPlace *export_place_new(const char *directory, const char *name, const char *snapshot,
                              gboolean subdirectory);

/** export_place_take_name: Sets the name when it is known. @name: (transfer full). */
void export_place_take_name(ExportPlace *self, char *name);

/** export_place_parent: Returns: the path of the directory that the export's own directory is, or
 * will be, in: of a place with a subdirectory, that of all exports of the same name. Owned by the
 * caller. */
char *export_place_parent(const ExportPlace *self);

/** export_place_entry: Returns: the name of the export's own directory in its parent, owned by the
 * caller. */
char *export_place_entry(const ExportPlace *self);

/** export_place_path: Returns: the path of the export's own directory, owned by the caller. */
char *export_place_path(const ExportPlace *self);

ExportPlace *export_place_copy(const ExportPlace *self);

/** export_place_free: Frees @self, which may be NULL. */
void export_place_free(ExportPlace *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportPlace, export_place_free)

G_END_DECLS
