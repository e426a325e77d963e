/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-plan.h"
#include "service/access.h"
#include "service/plan-call.h"

typedef struct {
    JobCall call;
    char *uri;
    JobCallMake make;
    PlanFormat format;
    GVariant *plan; /* NULL: error */
    GError *error;
} PlanCall;

/* Runs in a thread: a plan asks libvirt, and looks at images. */
static void
run_plan_call(gpointer data)
{
    PlanCall *self = data;
    g_autoptr(JobWork) work = NULL;

    self->call.uid = access_caller_uid(self->call.invocation);
    work = self->make(&self->call, &self->error);
    if (work && job_plan(work, self->uri, &self->error))
        self->plan = g_variant_ref_sink(self->format(work));
}

static void
on_plan_call_done(gpointer data)
{
    PlanCall *self = data;

    if (self->plan)
        access_return_value(self->call.invocation, g_variant_new("(@a{sv})", self->plan));
    else
        access_return_error(self->call.invocation, self->error);
    g_clear_pointer(&self->plan, g_variant_unref);
    g_clear_error(&self->error);
    g_free(self->uri);
    g_free(self);
}

void
plan_call_begin(GDBusMethodInvocation *invocation, const char *uri, JobCallMake make,
                PlanFormat format, gconstpointer data)
{
    PlanCall *self = g_new0(PlanCall, 1);

    self->call.invocation = invocation;
    self->call.data = data;
    self->uri = g_strdup(uri);
    self->make = make;
    self->format = format;
    work_run(WORK_TARGET, NULL, run_plan_call, on_plan_call_done, self);
}
