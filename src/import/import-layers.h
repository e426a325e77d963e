/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-rewrite.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/* Determines which images of an export are needed, and to which of them a domain may write: those
 * that nothing else needs. On top of the others the domain gets a new overlay. */

typedef struct ImportLayers ImportLayers;

/**
 * import_layers_new:
 * Adds every needed image to @plan once. Returns: owned by the caller, who must free it before
 * @plan and @manifest.
 */
ImportLayers *import_layers_new(ImportPlan *plan, const Manifest *manifest);

/**
 * import_layers_present:
 * @domain: the domain, to which the disk is added
 * @disk: a disk of the exported snapshot that has an image
 * @frozen: TRUE: its state is kept as a snapshot
 * @encrypted: TRUE: its image is encrypted
 *
 * Returns: the chain with which the domain continues, owned by the caller; NULL with NOT_SUPPORTED
 * for an internal snapshot in an image that something else needs, and for an encrypted image that
 * would get an overlay.
 */
RewriteDisk *import_layers_present(ImportLayers *self, ImportDomain *domain,
                                   const ManifestDisk *disk, gboolean frozen, gboolean encrypted,
                                   GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_layers_has_several: Returns: TRUE if the present image of @disk is that of other disks,
 * too. */
gboolean import_layers_has_several(const ImportLayers *self, const ManifestDisk *disk);

/** import_layers_frozen: Returns: the chain of @disk at the time of its snapshot, owned by the
 * caller. */
RewriteDisk *import_layers_frozen(const ImportLayers *self, const ManifestDisk *disk);

/**
 * import_layers_overlay:
 * @snapshot: name of the snapshot to which @disk belongs
 * @source: (nullable): the path of its overlay on the exporting host, to which the domain wrote
 * after the snapshot
 *
 * Returns: the overlay on this host, a new one if the export does not have it; owned by the caller.
 */
RewriteDisk *import_layers_overlay(ImportLayers *self, const ImportDomain *domain,
                                   const char *snapshot, const ManifestDisk *disk,
                                   const char *source);

void import_layers_free(ImportLayers *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportLayers, import_layers_free)

G_END_DECLS
