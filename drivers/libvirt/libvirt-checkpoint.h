/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/backup-ops.h"

G_BEGIN_DECLS

/** The functions of HypervisorBackupOps that are about checkpoints. */
GPtrArray *libvirt_checkpoints(Hypervisor *hypervisor, const char *domain, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
HypervisorCheckpoint *libvirt_checkpoint_find(Hypervisor *hypervisor, const char *domain,
                                              const char *name, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean libvirt_checkpoint_create(Hypervisor *hypervisor,
                                   const HypervisorCheckpointRequest *request, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;
gboolean libvirt_checkpoint_delete(Hypervisor *hypervisor, const char *domain, const char *name,
                                   gboolean *forgotten, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** libvirt_checkpoint_describe: Returns: a <domaincheckpoint>, owned by the caller. */
char *libvirt_checkpoint_describe(const HypervisorCheckpointRequest *request);

G_END_DECLS
