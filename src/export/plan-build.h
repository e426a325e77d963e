/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/**
 * plan_build:
 * @collection: (nullable): name of the collection
 * @collection_xml: (nullable): its definition, which is stored in the export
 * @settings: copied
 * @records: (element-type DomainRecord): the descriptions of the members
 * @host: (transfer full): identity of the hypervisor
 *
 * Examines every image and decides how it is exported. Returns: the plan, owned by the caller; an
 * error names the domain, the disk and the file that cannot be exported.
 */
Plan *plan_build(const char *collection, const char *collection_xml, const char *snapshot,
                 const VirtSnapExportSettings *settings, GPtrArray *records, HostInfo *host,
                 GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
