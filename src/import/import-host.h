/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/domain-gate.h"
#include "import/domain-rewrite.h"
#include "import/host-finding.h"
#include "import/host-firmware.h"

G_BEGIN_DECLS

/* The host of an import: what it offers, and what does not fit it. */

typedef struct ImportHost ImportHost;

/**
 * import_host_new:
 * @force: TRUE: what does not fit is changed if possible (--force-host)
 *
 * Queries what the host offers. Returns: owned by the caller, who must free it before @hypervisor.
 */
ImportHost *import_host_new(Hypervisor *hypervisor, gboolean force, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_host_rules: Returns: what of this host an export may name; valid as long as @self. */
GateRules import_host_rules(const ImportHost *self);

/** import_host_unplug: Tells that the network cards of all domains will be unplugged, so that the
 * kind of a card does not matter. */
void import_host_unplug(ImportHost *self);

/**
 * import_host_adapt:
 * @domains: (element-type xmlNode): as for host_compare()
 * @member: its name in the export
 * @flash: what the export has of its firmware
 * @to: gets the changes that the host requires; its strings are owned by @self
 *
 * Compares the domain with the host and adds what does not fit to the findings.
 */
gboolean import_host_adapt(ImportHost *self, GPtrArray *domains, const char *member,
                           const HostFlash *flash, DomainRewrite *to, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_host_pool: Returns: the absolute path of the directory of the storage pool @pool, owned
 * by the caller; NULL with NOT_FOUND, INVALID_STATE or NOT_SUPPORTED as HypervisorPoolOps has
 * them. */
char *import_host_pool(ImportHost *self, const char *pool, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_host_tpm_states: Returns: (transfer none) (nullable): the absolute path of the directory
 * in which the host keeps the states of emulated TPMs; NULL if it is not known. */
const char *import_host_tpm_states(const ImportHost *self);

/** import_host_kept: Returns: (transfer none) (nullable): the absolute path of the directory with
 * what libvirt finds by the name of a domain (host-facts.h); NULL if it is not known. */
const char *import_host_kept(const ImportHost *self);

/** import_host_findings: Returns: (transfer none) (element-type HostFinding): the findings of all
 * domains. */
GPtrArray *import_host_findings(const ImportHost *self);

/** import_host_pass: Returns: FALSE with INVALID_STATE listing all findings that block the
 * import. */
gboolean import_host_pass(const ImportHost *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void import_host_free(ImportHost *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportHost, import_host_free)

G_END_DECLS
