/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "virtsnap/plan.h"

G_BEGIN_DECLS

/* What the settings say of single disks. */

/** The target that stands for the firmware's variables of a domain; no disk is called so. */
#define PLAN_TARGET_NVRAM "nvram"

/**
 * plan_choice_excludes:
 * @target: of a disk, or PLAN_TARGET_NVRAM, that the domain has
 *
 * Returns: whether the settings leave it out; from then on what they said of it is known.
 */
gboolean plan_choice_excludes(Plan *plan, const char *domain, const char *target);

/** plan_choice_check: Returns: FALSE with INVALID_PARAMETER naming what the settings leave out and
 * no domain has. To be called when all domains have been asked about. */
gboolean plan_choice_check(Plan *plan, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
