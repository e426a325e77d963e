/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/** export_sees_files: Returns: whether every file that @plan reads is the one that the domains
 * have; SYSTEM_NOT_AVAILABLE, naming their host, if not. */
gboolean export_sees_files(Hypervisor *hypervisor, const Plan *plan, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
