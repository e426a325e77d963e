/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"
#include "import/import-undo.h"

G_BEGIN_DECLS

/* Domains whose images stay in the export, which libvirt opens by their paths whenever such a
 * domain starts: who has to be able to read them, and who must not be able to change them. */

/**
 * import_in_place_check:
 *
 * Warns about what the host needs besides. Returns: FALSE with ACCESS_DENIED naming the first image
 * of the export that somebody other than root and this user can change, or that the user of the
 * hypervisor cannot read. Source: path_resolution(7), acl(5).
 */
gboolean import_in_place_check(Hypervisor *hypervisor, ImportPlan *plan,
                               const ImportSource *source, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * import_in_place_protect:
 *
 * Protects the export of @plan from being removed by rules, except on a file system that is
 * read-only here, of which import_in_place_check() has warned: elsewhere it may be written to.
 * @undo notes that.
 * Returns: FALSE with INVALID_STATE if another export has its path by now.
 */
gboolean import_in_place_protect(const ImportPlan *plan, const ImportSource *source,
                                 ImportUndo *undo, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
