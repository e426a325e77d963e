/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/boot-plan.h"
#include "import/boot-report.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* Starts the domains of an export and watches whether they boot. */

/** boot_check_memory: Returns: FALSE with OUT_OF_MEMORY naming the domain that needs more than all
 * of them may have; @budget: (out): how much that is, in bytes. */
gboolean boot_check_memory(const BootPlan *plan, const BootSettings *settings, guint64 *budget,
                           GError **error) G_GNUC_WARN_UNUSED_RESULT;

/**
 * boot_run:
 * @dirfd: the plan's directory, empty
 * @control: progress in bytes that are written, and one for each domain; cancel
 * @report: gets a verdict for each domain
 *
 * Makes what is written, and starts as many domains at a time as there is memory for. Whatever
 * happens none of them runs when this returns. Returns: FALSE if nothing can be said: cancelled, no
 * space, the hypervisor is gone.
 */
gboolean boot_run(Hypervisor *hypervisor, const BootPlan *plan, const BootSettings *settings,
                  int dirfd, Control *control, BootReport *report, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
