/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-rewrite.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* Which images of an export are wanted, and which of them a domain may write to: one that nothing
 * else needs. Above the others the domain gets an image of its own. */

typedef struct ImportLayers ImportLayers;

/**
 * import_layers_new:
 * Puts every image that is needed into @plan, each once. Returns: owned by the caller, as long as
 * @plan and @manifest are.
 */
ImportLayers *import_layers_new(ImportPlan *plan, const Manifest *manifest);

/**
 * import_layers_present:
 * @domain: gets the disk
 * @disk: of the snapshot that was exported, with an image
 * @frozen: its state is to stay as a snapshot
 *
 * Returns: the chain that the domain goes on with, owned by the caller; NOT_SUPPORTED for an
 * internal snapshot in an image that others need.
 */
RewriteDisk *import_layers_present(ImportLayers *self, ImportDomain *domain,
                                   const ManifestDisk *disk, gboolean frozen, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_layers_frozen: Returns: the chain of @disk as it was at its snapshot; caller's. */
RewriteDisk *import_layers_frozen(const ImportLayers *self, const ManifestDisk *disk);

/**
 * import_layers_overlay:
 * @snapshot: of which @disk is
 * @source: (nullable): the path of the image in which writing went on after it, on its first host
 *
 * Returns: that image here, a new one if the export has none; owned by the caller.
 */
RewriteDisk *import_layers_overlay(ImportLayers *self, const ImportDomain *domain,
                                   const char *snapshot, const ManifestDisk *disk,
                                   const char *source);

void import_layers_free(ImportLayers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportLayers, import_layers_free)

G_END_DECLS
