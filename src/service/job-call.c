/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "service/access.h"
#include "service/job-call.h"

/* Result codes of the methods; failures are D-Bus errors. */
#define RESULT_DONE 0
#define RESULT_JOB_STARTED 4096

static void
job_call_free(JobCall *call)
{
    job_work_unref(call->work);
    g_clear_error(&call->error);
    g_free(call->owner);
    g_free(call->made);
    g_free(call->path);
    g_free(call);
}

static void
job_call_fail(JobCall *call, const GError *error)
{
    access_return_error(call->invocation, error);
    job_call_free(call);
}

static void
job_call_answer(JobCall *call, guint result)
{
    g_dbus_method_invocation_return_value(
        call->invocation, call->made ? g_variant_new("(uso)", result, call->made, call->path)
                                     : g_variant_new("(uo)", result, call->path));
    job_call_free(call);
}

static void
on_call_job_ended(const GError *error, gpointer data)
{
    if (error)
        job_call_fail(data, error);
    else
        job_call_answer(data, RESULT_DONE);
}

static void
on_call_job_started(const char *path, const GError *error, gpointer data)
{
    JobCall *call = data;

    if (!path) {
        job_call_fail(call, error);
        return;
    }
    call->path = g_strdup(path);
    if (!call->wait)
        job_call_answer(call, RESULT_JOB_STARTED);
}

static void
make_call_work(gpointer data)
{
    JobCall *call = data;

    call->uid = access_caller_uid(call->invocation);
    call->owner = access_user_name(call->uid);
    call->work = call->make(call, &call->error);
}

static void
on_call_work_made(gpointer data)
{
    JobCall *call = data;
    const JobOrder order = {.work = call->work,
                            .uid = call->uid,
                            .owner = call->owner,
                            .starter = g_dbus_method_invocation_get_sender(call->invocation),
                            .resume = call->resume,
                            .started = on_call_job_started,
                            .ended = call->wait ? on_call_job_ended : NULL,
                            .data = call};

    if (call->work)
        job_service_start(call->jobs, &order);
    else
        job_call_fail(call, call->error);
}

void
job_call_begin(GDBusMethodInvocation *invocation, JobService *jobs, WorkKind kind,
               const char *lane, JobCallMake make, gconstpointer data)
{
    JobCall *call = g_new0(JobCall, 1);

    call->invocation = invocation;
    call->jobs = jobs;
    call->make = make;
    call->data = data;
    work_run(kind, lane, make_call_work, on_call_work_made, call);
}
