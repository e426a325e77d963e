/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-layers.h"
#include "import/import-member.h"

G_BEGIN_DECLS

/**
 * import_snapshots_write:
 * @to: the properties of the domain on this host, which also apply to the domain in each snapshot
 * except for the disks
 *
 * Adds the member's snapshots to its ImportDomain, parents first. The exported one becomes the
 * current snapshot.
 */
gboolean import_snapshots_write(const ImportMember *member, ImportPlan *plan, ImportLayers *layers,
                                const DomainRewrite *to, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
