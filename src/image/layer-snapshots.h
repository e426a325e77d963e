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
 * Looks into the image as it is now, which a running domain may be writing to. Returns: owned by
 * the caller; NULL with NOT_FOUND if it has no such snapshot, INVALID_STATE if it has two.
 */
Qcow2Snapshot *layer_find_snapshot(const Layer *layer, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** layer_has_snapshot: Returns: whether layer_find_snapshot() finds it; the same errors. */
gboolean layer_has_snapshot(const Layer *layer, const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * layer_has_memory:
 * @name: of an internal snapshot
 *
 * Returns: TRUE if the image, as it is now, has that snapshot and a state of the memory with it.
 */
gboolean layer_has_memory(const Layer *layer, const char *name);

G_END_DECLS
