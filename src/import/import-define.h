/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"
#include "import/import-undo.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * import_define:
 * @undo: the record of everything that is defined
 *
 * Defines the domains, their snapshots and the collections of @plan, whose files are in place.
 * Domains that resume from a memory state or will be started are prepared but have not run when
 * this returns. Returns: FALSE with an error; some of them may have been defined.
 */
gboolean import_define(Hypervisor *hypervisor, const ImportPlan *plan, ImportUndo *undo,
                       Control *control, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_start: Starts the domains of @plan if the settings ask for that. A domain that fails to
 * start only causes a warning, because the import is complete. */
void import_start(Hypervisor *hypervisor, const ImportPlan *plan, GPtrArray *warnings);

G_END_DECLS
