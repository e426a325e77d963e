/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan-builder.h"

G_BEGIN_DECLS

/* What the settings say about single disks. */

/** The target that stands for the firmware variables of a domain; no disk has that name. */
#define PLAN_TARGET_NVRAM "nvram"

/** The target that stands for the state of the TPM of a domain. */
#define PLAN_TARGET_TPM "tpm"

/**
 * plan_choice_excludes:
 * @target: target of a disk of the domain, or PLAN_TARGET_NVRAM or PLAN_TARGET_TPM
 *
 * Returns: TRUE if the settings exclude the disk. The exclusion then counts as matched
 * (plan_choice_check()).
 */
gboolean plan_choice_excludes(PlanBuilder *builder, const char *domain, const char *target);

/** plan_choice_includes: Returns: TRUE if the settings include the disk although it is read-only or
 * not part of the snapshot. The inclusion then counts as matched. */
gboolean plan_choice_includes(PlanBuilder *builder, const char *domain, const char *target);

/** plan_choice_check: Returns: FALSE with INVALID_PARAMETER naming a disk in the settings that no
 * domain has. To be called when all domains are planned. */
gboolean plan_choice_check(PlanBuilder *builder, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
