/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/backup-ops.h"

G_BEGIN_DECLS

/** The HypervisorBackupOps of libvirt: virDomainBackupBegin() in pull mode. */
extern const HypervisorBackupOps libvirt_backup_ops;

G_END_DECLS
