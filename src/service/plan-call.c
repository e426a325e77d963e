/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-plan.h"
#include "service/access.h"
#include "service/plan-call.h"
#include "service/service-job.h"

typedef struct {
    JobCall call;
    GVariant *plan; /* NULL: its error is set */
} PlanCall;

/* Runs in a thread: a plan asks libvirt, and looks at images. */
static void
run_plan_call(gpointer data)
{
    PlanCall *self = data;
    g_autoptr(JobWork) work = NULL;

    self->call.uid = access_caller_uid(self->call.invocation);
    work = self->call.make(&self->call, &self->call.error);
    if (work)
        self->plan = job_plan(work, job_service_get_uri(self->call.jobs), &self->call.error);
}

static void
on_plan_call_done(gpointer data)
{
    PlanCall *self = data;

    if (self->plan)
        access_return_value(self->call.invocation, g_variant_new("(@a{sv})", self->plan));
    else
        access_return_error(self->call.invocation, self->call.error);
    g_clear_pointer(&self->plan, g_variant_unref);
    g_clear_error(&self->call.error);
    g_free(self->call.made);
    g_free(self);
}

void
plan_call_begin(GDBusMethodInvocation *invocation, JobService *jobs, JobCallMake make,
                gconstpointer data)
{
    PlanCall *self = g_new0(PlanCall, 1);

    self->call.invocation = invocation;
    self->call.jobs = jobs;
    self->call.make = make;
    self->call.data = data;
    self->call.plan = TRUE;
    work_run(WORK_TARGET, NULL, run_plan_call, on_plan_call_done, self);
}
