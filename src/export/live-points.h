/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"

G_BEGIN_DECLS

/* What becomes of the reference points of a live export: its own is kept only if the export is
 * complete, and only then those before it go. A process that was killed in between leaves either
 * one more than are kept, or those before, too: the next complete export takes them away. */

/** live_points_take_back: The export has failed: takes the checkpoints away that were made for it.
 * Those of a domain that does not run any more are left for the next export. */
void live_points_take_back(Hypervisor *hypervisor, const Plan *plan);

/**
 * live_points_drop_earlier:
 * @warnings: (element-type utf8): what could not be taken away is added
 *
 * The export is complete: takes those away that earlier exports of the same into the same directory
 * made for themselves, but for as many as the settings keep: this one's, that of the base, and the
 * newest, and those of domains that the base has and the export does not. No others are touched,
 * and none if there was to be no base.
 */
void live_points_drop_earlier(Hypervisor *hypervisor, const Plan *plan, GPtrArray *warnings);

G_END_DECLS
