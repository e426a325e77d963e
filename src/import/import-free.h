/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/**
 * import_check_free:
 *
 * Looks for everything that @plan is going to make: domains by their names and UUIDs, network
 * cards by their addresses, collections. A collection that is there as it is going to be is left
 * out of @plan. Returns: FALSE with ALREADY_EXISTS and all that is taken, each with the option that
 * helps.
 */
gboolean import_check_free(Hypervisor *hypervisor, ImportPlan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
