/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/virterror.h>

#include "hypervisor/snapshot-ops.h"

G_BEGIN_DECLS

/* Holding guests still, with the guest agent or by pausing the domain. */

/** libvirt_snapshot_ops: the table for HypervisorOps.snapshots. */
extern const HypervisorSnapshotOps libvirt_snapshot_ops;

/** libvirt_freeze_failed: Returns: what follows from @last (nullable), the error with which
 * virDomainFSFreeze() failed. Source: qemuAgentCommand() and qemuAgentCheckError() of libvirt. */
FreezeResult libvirt_freeze_failed(const virError *last);

G_END_DECLS
