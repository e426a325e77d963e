/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/domain-rewrite.h"
#include "import/import-member.h"

G_BEGIN_DECLS

/* Memory states that have files of their own. */

/** import_memory_name: Returns: the name, in the member's directory, of the memory state of its
 * snapshot @index; owned by the caller. */
char *import_memory_name(const ImportMember *self, guint index);

/**
 * import_memory_plan:
 * @to: the domain as it is when it resumes from the state
 * @path: (out): the absolute path of the copy, owned by the caller; NULL: the snapshot has no such
 *   state, or loses a disk, without which the state cannot be restored
 *
 * Adds the memory state of snapshot @index of the member to @plan. The XML inside, which libvirt
 * uses when it restores the domain, is rewritten.
 *
 * Returns: FALSE with NOT_SUPPORTED if the guest would find other MAC addresses than it had.
 */
gboolean import_memory_plan(const ImportMember *self, ImportPlan *plan, guint index,
                            const DomainRewrite *to, char **path, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
