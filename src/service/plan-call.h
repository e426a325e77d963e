/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "service/job-call.h"

G_BEGIN_DECLS

/** Returns: (transfer floating): the plan (a{sv}) that a run of @work has come to. */
typedef GVariant *(*PlanFormat)(const JobWork *work);

/**
 * plan_call_begin:
 * @invocation: (transfer full): a call whose sender may do what is to be planned
 * @uri: (nullable): URI of the hypervisor
 * @make: makes work that only plans; it runs in a thread
 * @data: for @make; it must stay valid
 *
 * Answers a method that tells what another one would do: as job_call_begin(), with a job that has
 * neither an object nor a record.
 */
void plan_call_begin(GDBusMethodInvocation *invocation, const char *uri, JobCallMake make,
                     PlanFormat format, gconstpointer data);

G_END_DECLS
