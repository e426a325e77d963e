/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* Guests that are held still, by their agent or by stopping their processors. */

/** libvirt_snapshot_ops: what HypervisorOps.snapshots points to. */
extern const HypervisorSnapshotOps libvirt_snapshot_ops;

G_END_DECLS
