/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "snapshot/create-plan.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/**
 * create_run:
 * @control: a step of its progress is counted for each member, unless the set is a temporary one.
 * It is asked whether to end, until all snapshots are there; memory that is being written is not
 * waited for then
 * @warnings: (element-type utf8): gets warnings for the user
 *
 * Creates the snapshot collection of @plan at one moment (moment.h), completely or not at all. A
 * record is written before the first change, with which set_recover() undoes everything if this
 * process is killed. On success the record of @plan has the result and stays in the store. If
 * something cannot be undone, the error says so, and the record is kept until it can.
 */
gboolean create_run(Hypervisor *hypervisor, CreatePlan *plan, Control *control,
                    GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** create_run_locked: The same by who has the set's lock already (set_store_lock()), and keeps
 * it. */
gboolean create_run_locked(Hypervisor *hypervisor, CreatePlan *plan, Control *control,
                           GPtrArray *warnings, GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
