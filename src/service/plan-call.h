/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "service/job-call.h"

G_BEGIN_DECLS

/**
 * plan_call_begin:
 * @invocation: (transfer full): a call whose sender may do what is to be planned
 * @jobs: know the hypervisor
 * @make: makes the work, of a type that has plans; it runs in a thread
 * @data: for @make; it must stay valid
 *
 * Answers a method that tells what another one would do: as job_call_begin(), with a job that has
 * neither an object nor a record.
 */
void plan_call_begin(GDBusMethodInvocation *invocation, JobService *jobs, JobCallMake make,
                     gconstpointer data);

G_END_DECLS
