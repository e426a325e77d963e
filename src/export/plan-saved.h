/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/**
 * plan_saved_check:
 * @domain: with all its snapshots planned
 *
 * A domain with a managed save is not active, yet its guest was stopped and not shut off: what it
 * had not written to its disks is in the saved state, which is no part of an export. Warns of that,
 * and gives the reason for the consistency. Returns: FALSE with INVALID_STATE if the settings are
 * strict and its disks are exported.
 */
gboolean plan_saved_check(Plan *plan, const PlanDomain *domain, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
