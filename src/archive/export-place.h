/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/** Where an export comes to be: one value from who asks for it to the rename. */
typedef struct {
    char *directory; /* that was asked for, absolute and canonical; links in it are not followed */
    char *name;      /* that its directory is made from: the collection's, or the members' */
    char *snapshot;
    gboolean subdirectory; /* TRUE: directory/name/snapshot, of which the directory's own parent
                            * must be there; FALSE: the directory itself, absent or empty */
} ExportPlace;

/**
 * export_place_new:
 * @directory: relative to the working directory, if it is
 * @name: (nullable): NULL: not known yet
 * @snapshot: (nullable): NULL: the present time is its name, as of a live export
 *
 * Returns: owned by the caller. Nothing is looked at.
 */
ExportPlace *export_place_new(const char *directory, const char *name, const char *snapshot,
                              gboolean subdirectory);

/** export_place_take_name: @name: (transfer full): now it is known. */
void export_place_take_name(ExportPlace *self, char *name);

ExportPlace *export_place_copy(const ExportPlace *self);

/** export_place_free: NULL is fine. */
void export_place_free(ExportPlace *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ExportPlace, export_place_free)

G_END_DECLS
