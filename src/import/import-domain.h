/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-gate.h"
#include "import/import-layers.h"
#include "import/import-member.h"

G_BEGIN_DECLS

/** import_member_gate: Passes the member's documents through the gate. @rules: what the host
 * allows; the members about what the export replaces are set here. */
void import_member_gate(const ImportMember *self, const GateRules *rules, GPtrArray *findings);

/**
 * import_member_write:
 * @host: (nullable): the changes that the host requires; its strings must stay valid
 *
 * Adds the member's files to @plan, and what is to be defined to its ImportDomain.
 */
gboolean import_member_write(ImportMember *self, ImportPlan *plan, ImportLayers *layers,
                             const DomainRewrite *host, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
