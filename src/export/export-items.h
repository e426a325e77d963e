/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/journal.h"
#include "archive/manifest.h"
#include "export/live.h"
#include "export/plan.h"
#include "transfer/engine.h"

G_BEGIN_DECLS

/* What the engine has to do for a plan: an item for each file of the export, which knows how to
 * open its two ends and what to tell the manifest about it. */

typedef struct ExportItem ExportItem;

/**
 * export_item_new_file:
 * export_item_new_layer:
 * @number: of the layer in the plan; its part of the progress is one more
 * @journal: where its finished segments are recorded, and the earlier ones are known from
 * @dirfd: the directory that the export is written into; must stay open
 * @digest: whether its digest is wanted
 *
 * Returns: owned by the caller; @file or @layer must stay.
 */
ExportItem *export_item_new_file(const PlanFile *file, int dirfd, gboolean digest);
ExportItem *export_item_new_layer(const PlanLayer *layer, guint number, int dirfd,
                                  gboolean digest, Journal *journal);

/** export_item_set_live: Says what holds the disks that are pulled, which must stay. */
void export_item_set_live(ExportItem *self, LiveExport *live);

/**
 * export_item_new_recheck:
 * What an earlier run did of a layer is read once more, and compared, if its images are not certain
 * to be as they were then: libvirt changes their owners, and so their ctimes, whenever a domain
 * starts or ends, but whoever writes to one and puts its time back does so, too.
 *
 * Returns: owned by the caller; NULL if that is not needed. It ends with INVALID_STATE if something
 * is not as it was.
 */
ExportItem *export_item_new_recheck(const PlanLayer *layer, guint number, int dirfd,
                                    Journal *journal);

/** export_item_engine: Returns: (transfer none): what to give to engine_run(). */
EngineItem *export_item_engine(ExportItem *self);

/** export_item_layer: Returns: (transfer none) (nullable): what it copies, NULL for a file. */
const PlanLayer *export_item_layer(const ExportItem *self);

/** export_item_is_linked: Returns: TRUE if the layer is a link to the base's file, and there is
 * nothing for the engine to do. */
gboolean export_item_is_linked(const ExportItem *self);

/**
 * export_item_check:
 * Looks, at any time and from any thread, at the images that it still has to read, or is reading.
 * Returns: FALSE with IN_USE or NOT_FOUND if one is not the one that was planned, or is written to.
 */
gboolean export_item_check(ExportItem *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** export_item_needs: Returns: TRUE if @uuid's domain has to run on for it: its disk is still being
 * pulled. */
gboolean export_item_needs(ExportItem *self, const char *uuid);

/** export_item_manifest: Returns: after a run, what to say of the file; owned by the caller. */
ManifestFile *export_item_manifest(const ExportItem *self);

void export_item_free(ExportItem *self);

G_END_DECLS
