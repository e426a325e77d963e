/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/create-plan.h"

G_BEGIN_DECLS

/**
 * create_run:
 * @warnings: (element-type utf8): gets what its user has to know
 *
 * Makes the set that @plan is of, at one moment (moment.h): all of it, or nothing. Before the first
 * change a record is written, and what that names is taken back by create_recover() if this process
 * is killed. @plan's record tells what was reached, and stays in the store. If something cannot be
 * taken back the error says so, and the record stays until that can.
 */
gboolean create_run(Hypervisor *hypervisor, CreatePlan *plan, GPtrArray *warnings, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * create_recover:
 * @domains: (element-type utf8): names of the domains that it is about
 * @warnings: (element-type utf8): gets what was done
 *
 * Takes back what somebody has left who was killed while he made a set with one of @domains.
 */
gboolean create_recover(Hypervisor *hypervisor, GPtrArray *domains, GPtrArray *warnings,
                        GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
