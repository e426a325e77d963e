/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-gate.h"
#include "import/import-layers.h"
#include "import/import-member.h"

G_BEGIN_DECLS

/** import_member_gate: Adds to @findings what of its documents is not let pass. @rules: of the
 * host; what the export replaces is set by this. */
void import_member_gate(const ImportMember *self, const GateRules *rules, GPtrArray *findings);

/**
 * import_member_write:
 * @host: (nullable): what of the domain the host decides; strings of it are taken over
 *
 * Puts the member's files into @plan, and into its ImportDomain what is to be defined.
 */
gboolean import_member_write(ImportMember *self, ImportPlan *plan, ImportLayers *layers,
                             const DomainRewrite *host, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
