/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-place.h"
#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* A backup job in pull mode: QEMU copies what the domain is about to overwrite to scratch files,
 * and serves the disks as they were over NBD. */

/**
 * libvirt_capture_begin:
 * @domain: running
 * @targets: (element-type utf8): of its disks
 * @directory: absolute path, where scratch files go if QEMU can reach it (libvirt-scratch.h)
 *
 * virDomainBackupBegin(). Returns: owned by the caller, to be ended with libvirt_capture_end.
 */
HypervisorCapture *libvirt_capture_begin(virDomainPtr domain, GPtrArray *targets,
                                         const LibvirtPlace *place, const char *directory,
                                         GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * libvirt_capture_end:
 * @capture: (transfer full)
 *
 * virDomainAbortJob(), which is how a backup in pull mode ends well, and waits until libvirt has
 * put things back. Returns: FALSE if it had ended by itself.
 */
gboolean libvirt_capture_end(HypervisorCapture *capture, GError **error);

G_END_DECLS
