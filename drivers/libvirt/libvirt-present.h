/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/** libvirt_snapshot_of_present: HypervisorOps.present for @domain. */
DomainRecord *libvirt_snapshot_of_present(virDomainPtr domain, const char *as, gboolean secure,
                                          GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
