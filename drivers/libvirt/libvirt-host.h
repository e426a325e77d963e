/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <libvirt/libvirt.h>

#include "hypervisor/host-facts.h"
#include "util/error.h"

G_BEGIN_DECLS

/** libvirt_host_facts: Returns: what the host of @connection offers, owned by the caller. */
HostFacts *libvirt_host_facts(virConnectPtr connection, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** libvirt_host_offer: Returns: the result of virConnectGetDomainCapabilities(), owned by the
 * caller. */
char *libvirt_host_offer(virConnectPtr connection, const char *arch, const char *machine,
                         const char *type, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** libvirt_host_compare_cpu: Implements HypervisorOps.compare_cpu with
 * virConnectCompareHypervisorCPU(). */
gboolean libvirt_host_compare_cpu(virConnectPtr connection, const char *arch, const char *machine,
                                  const char *type, const char *cpu, char **problem,
                                  GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
