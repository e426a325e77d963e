/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"

G_BEGIN_DECLS

/** An export that was found. */
typedef struct {
    char *path;
    Manifest *manifest; /* NULL: it cannot be read */
    char *problem;      /* why not, or NULL */
} FoundExport;

/**
 * export_list:
 * @directory: what exports were made into
 *
 * Looks for manifests in @directory itself, in what is in it, and one level below that; partial
 * exports are none. Returns: (element-type FoundExport): sorted by path, owned by the caller.
 */
GPtrArray *export_list(const char *directory, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** manifest_bytes: Returns: the bytes of all files that @manifest names. */
guint64 manifest_bytes(const Manifest *manifest);

G_END_DECLS
