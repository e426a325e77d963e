/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/**
 * plan_build:
 * @collection: (nullable): its name
 * @collection_xml: (nullable): its definition, kept in the export
 * @settings: copied
 * @records: (element-type DomainRecord): the members as the hypervisor describes them
 * @host: (transfer full): who that is
 *
 * Looks at every image and decides what happens to it. Returns: owned by the caller; an error
 * names the domain, the disk and the file that stand in the way.
 */
Plan *plan_build(const char *collection, const char *collection_xml, const char *snapshot,
                 const VirtSnapExportSettings *settings, GPtrArray *records, HostInfo *host,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
