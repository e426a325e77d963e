/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"

G_BEGIN_DECLS

/* The snapshot collections on the bus: an object for each that virtsnap has made and has a record
 * of. The objects follow the records, whichever process changes them. Of snapshots that other tools
 * have made only libvirt knows: Collection.ListSnapshots asks it. */

typedef struct SnapshotObjects SnapshotObjects;

/**
 * snapshot_objects_new:
 * @manager: exports the objects
 * @uri: (nullable): URI of the hypervisor
 * @ready: called with @data when the objects of all snapshot collections are exported
 *
 * Returns: owned by the caller, who must not free it before work_is_idle() is TRUE.
 */
SnapshotObjects *snapshot_objects_new(GDBusObjectManagerServer *manager, const char *uri,
                                      void (*ready)(gpointer data), gpointer data);

/** snapshot_objects_free: Frees @self, which may be NULL. */
void snapshot_objects_free(SnapshotObjects *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotObjects, snapshot_objects_free)

G_END_DECLS
