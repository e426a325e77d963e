/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/backup-ops.h"

G_BEGIN_DECLS

/** libvirt_run_find: HypervisorBackupOps.find_run: by the process of QEMU that has the domain's
 * UUID among its arguments, as libvirt starts it, and the time when it was started. */
char *libvirt_run_find(Hypervisor *hypervisor, const char *uuid);

G_END_DECLS
