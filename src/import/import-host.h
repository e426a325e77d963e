/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/domain-gate.h"
#include "import/domain-rewrite.h"
#include "import/host-finding.h"

G_BEGIN_DECLS

/* The host that an import comes to: what it has, and what does not fit it. */

typedef struct ImportHost ImportHost;

/**
 * import_host_new:
 * @force: what does not fit is changed so that it does, where that can be done
 *
 * Asks the hypervisor what the host has. Returns: owned by the caller, as long as @hypervisor is.
 */
ImportHost *import_host_new(Hypervisor *hypervisor, gboolean force, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_host_rules: Returns: what of this host an export may name; as long as @self is. */
GateRules import_host_rules(const ImportHost *self);

/**
 * import_host_adapt:
 * @domain: a <domain> that has passed the gate
 * @member: its name in the export
 * @to: gets what the host decides of it; strings are those of @self
 *
 * Compares it with the host; what does not fit is added to the findings.
 */
gboolean import_host_adapt(ImportHost *self, xmlNode *domain, const char *member,
                           DomainRewrite *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_host_findings: Returns: (transfer none) (element-type HostFinding): all of them. */
GPtrArray *import_host_findings(const ImportHost *self);

/** import_host_pass: Returns: FALSE with INVALID_STATE and all that is in the way. */
gboolean import_host_pass(const ImportHost *self, GError **error) G_GNUC_WARN_UNUSED_RESULT;

void import_host_free(ImportHost *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(ImportHost, import_host_free)

G_END_DECLS
