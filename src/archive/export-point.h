/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"

G_BEGIN_DECLS

/* Whether a checkpoint is still of use: it is as long as there is the export of its moment, whose
 * manifest names it, because a later export may have that as its base. */

typedef enum {
    EXPORT_POINT_FOUND,
    EXPORT_POINT_LOST,    /* there is no such export at its path: it was moved or removed, or its
                           * file system is not mounted */
    EXPORT_POINT_UNKNOWN, /* the export cannot be read */
} ExportPointState;

/** export_point_state_name: Returns: "found", "not found" or "unknown". */
const char *export_point_state_name(ExportPointState state);

/** manifest_has_point: Returns: TRUE if the manifest of an export says that the checkpoint @name
 * with the id @id was made at the moment of the export. */
gboolean manifest_has_point(const Manifest *manifest, const char *name, const char *id);

/** export_point_look: Looks for the export of the checkpoint @name with the id @id at @path. It
 * waits for the file system of @path. */
ExportPointState export_point_look(const char *path, const char *name, const char *id);

G_END_DECLS
