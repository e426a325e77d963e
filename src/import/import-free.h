/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/hypervisor.h"
#include "import/import-plan.h"

G_BEGIN_DECLS

/**
 * import_check_free:
 *
 * Checks that nothing that @plan will create exists already: domains by their names and UUIDs,
 * network cards by their MAC addresses, and collections. A collection that exists with the same
 * content is removed from @plan. Returns: FALSE with ALREADY_EXISTS listing everything that exists,
 * each with the option that helps.
 */
gboolean import_check_free(Hypervisor *hypervisor, ImportPlan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** import_makes_variables: Returns: TRUE if libvirt makes variables of firmware for @domain, and it
 * is certain that there are none of its name yet. */
gboolean import_makes_variables(const ImportDomain *domain);

G_END_DECLS
