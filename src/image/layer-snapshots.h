/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "image/chain.h"

G_BEGIN_DECLS

/* The internal snapshots in one image of a chain. */

/**
 * layer_find_snapshot:
 * @name: of an internal snapshot
 *
 * Reads the snapshot table of the image as it is now; a running domain may be writing to the image.
 * Returns: the snapshot, owned by the caller; NULL with NOT_FOUND if the image has no such
 * snapshot, INVALID_STATE if it has two.
 */
Qcow2Snapshot *layer_find_snapshot(const Layer *layer, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_keeps_snapshot:
 * @snapshot: as layer_find_snapshot() has found it
 *
 * A running domain may delete an internal snapshot, and reuse its clusters, while QEMU reads it for
 * somebody else, who gets garbage then and no error. Returns: TRUE if the image still has that very
 * snapshot; FALSE with INVALID_STATE if it has another one of that name, else with the error of
 * layer_find_snapshot().
 */
gboolean layer_keeps_snapshot(const Layer *layer, const Qcow2Snapshot *snapshot, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** layer_snapshot_names: Returns: the names of its internal snapshots as they are now, separated by
 * commas, "" if there are none; owned by the caller. */
char *layer_snapshot_names(const Layer *layer, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_has_memory:
 * @name: of an internal snapshot
 *
 * Returns: TRUE if the image, as it is now, has the snapshot @name, including the memory of the
 * domain.
 */
gboolean layer_has_memory(const Layer *layer, const char *name);

G_END_DECLS
