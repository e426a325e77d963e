/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/backup-ops.h"

G_BEGIN_DECLS

/** The HypervisorBackupOps of libvirt: virDomainBackupBegin() in pull mode. */
extern const HypervisorBackupOps libvirt_backup_ops;

/**
 * libvirt_backup_abort:
 * @domain: has a backup job
 *
 * Ends the job and waits until libvirt has forgotten it.
 */
gboolean libvirt_backup_abort(virDomainPtr domain, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
