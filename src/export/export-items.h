/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/journal.h"
#include "archive/manifest.h"
#include "export/live.h"
#include "export/plan.h"
#include "transfer/engine.h"
#include "transfer/part-cache.h"

G_BEGIN_DECLS

/* The work of the engine for a plan: an item for each file of the export, which opens its source
 * and sink and provides its entry in the manifest. */

typedef struct ExportItem ExportItem;

/**
 * export_item_new_file:
 * export_item_new_layer:
 * @number: number of the layer in the plan; it counts for the part @number + 1 of the progress
 * @journal: the journal that has the segments of an earlier run and records the finished ones
 * @dirfd: the partial directory; must stay open
 * @digest: whether to compute the digest
 *
 * Returns: owned by the caller; @file or @layer must stay valid.
 */
ExportItem *export_item_new_file(const PlanFile *file, int dirfd, gboolean digest);
ExportItem *export_item_new_layer(const PlanLayer *layer, guint number, int dirfd,
                                  gboolean digest, Journal *journal);

/** export_item_set_live: Says what holds the disks that are pulled, which must stay. */
void export_item_set_live(ExportItem *self, LiveExport *live);

/**
 * export_item_new_recheck:
 * An item that reads once more what an earlier run has copied of a layer and compares the digests,
 * if the ctime of an image has changed since. libvirt changes the owner of images, and thereby
 * their ctime, whenever a domain starts or ends; but an image that was written to and had its mtime
 * reset looks the same.
 *
 * Returns: owned by the caller; NULL if no check is needed. The item fails with INVALID_STATE if
 * the content has changed.
 */
ExportItem *export_item_new_recheck(const PlanLayer *layer, guint number, int dirfd,
                                    Journal *journal);

/** export_item_engine: Returns: (transfer none): the item for engine_run(). */
EngineItem *export_item_engine(ExportItem *self);

/** export_item_layer: Returns: (transfer none) (nullable): the layer that it copies; NULL for a
 * file. */
const PlanLayer *export_item_layer(const ExportItem *self);

/** export_item_is_linked: Returns: TRUE if the layer is a link to the base's file, and there is
 * nothing for the engine to do. */
gboolean export_item_is_linked(const ExportItem *self);

/** export_item_is_dropped: Returns: TRUE if the export does not have the layer, because it would
 * have been empty. */
gboolean export_item_is_dropped(const ExportItem *self);

/** export_item_kept: Returns: how many bytes the engine wrote to a file that shares them with the
 * base's. */
guint64 export_item_kept(const ExportItem *self);

/**
 * export_item_check:
 * Checks the images that it still has to read or is reading; may be called at any time from any
 * thread.
 * Returns: FALSE with IN_USE or NOT_FOUND if an image is not the planned one any more, or is being
 * written to.
 */
gboolean export_item_check(ExportItem *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_item_needs: Returns: TRUE if @uuid's domain has to run on for it: its disk is still being
 * pulled. */
gboolean export_item_needs(ExportItem *self, const char *uuid);

/** export_item_keep_parts: Has the nodes of the layer's parts stored while it is hashed, for an
 * export that will have this one as its base. */
void export_item_keep_parts(ExportItem *self);

/** export_item_take_parts: Returns: (transfer full) (nullable): what was stored, once the layer is
 * complete. */
PartCache *export_item_take_parts(ExportItem *self);

/** export_item_take_contents: The same of the content of a disk that was compared with what @base
 * has of it. */
PartCache *export_item_take_contents(ExportItem *self, const ExportBase *base);

/** export_item_manifest: Returns: the manifest's entry of the file after a run, owned by the
 * caller. */
ManifestFile *export_item_manifest(const ExportItem *self);

void export_item_free(ExportItem *self);

G_END_DECLS
