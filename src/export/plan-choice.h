/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

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
gboolean plan_choice_excludes(PlanBuilder *builder, const char *domain, const char *target);

/** plan_choice_includes: Returns: whether the settings ask for the disk, though it is read-only or
 * no part of the snapshot; the rest as above. */
gboolean plan_choice_includes(PlanBuilder *builder, const char *domain, const char *target);

/** plan_choice_check: Returns: FALSE with INVALID_PARAMETER naming what the settings speak of and
 * no domain has. To be called when all domains have been asked about. */
gboolean plan_choice_check(PlanBuilder *builder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
