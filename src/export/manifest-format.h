/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "archive/manifest.h"
#include "export/plan.h"

G_BEGIN_DECLS

/**
 * manifest_format:
 * @files: (element-type ManifestFile): the files of the export
 * @warnings: (element-type utf8): warnings of @plan and those about what happened meanwhile
 *
 * Returns: the manifest of an export of @plan as text, owned by the caller.
 */
char *manifest_format(const Plan *plan, GPtrArray *files, GPtrArray *warnings);

G_END_DECLS
