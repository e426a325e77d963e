/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-layers.h"
#include "import/import-member.h"

G_BEGIN_DECLS

/**
 * import_snapshots_write:
 * @to: what the domain becomes, which each snapshot's becomes too but for its disks
 *
 * Puts the member's snapshots into its ImportDomain, parents first. The one that was exported is
 * the current one.
 */
gboolean import_snapshots_write(const ImportMember *member, ImportPlan *plan, ImportLayers *layers,
                                const DomainRewrite *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
