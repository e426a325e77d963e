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
 * @undo: has a record of all of it
 *
 * Makes the domains, their snapshots and the collections of @plan, whose files are in their place;
 * domains that go on from a memory state, or are to be started, are there and have not run when
 * that returns. Returns: FALSE with some of it made.
 */
gboolean import_define(Hypervisor *hypervisor, const ImportPlan *plan, ImportUndo *undo,
                       Control *control, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** import_start: Lets the domains of @plan run, if that was asked for. What does not is a warning:
 * nothing is taken back any more. */
void import_start(Hypervisor *hypervisor, const ImportPlan *plan, GPtrArray *warnings);

G_END_DECLS
