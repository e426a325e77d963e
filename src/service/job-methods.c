/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "service/access.h"
#include "service/job-methods.h"
#include "service/job-object.h"
#include "service/work.h"

/* The methods of the object of a job. */

/* A request to change the state. It is processed in a thread, because killing a job removes its
 * files. */
typedef struct {
    JobService *service;
    Job *job; /* owned */
    char *path;
    GDBusMethodInvocation *invocation;
    guint32 request;
    guint64 timeout;
    JobRequestResult result;
} Request;

static void
run_request(gpointer data)
{
    Request *request = data;

    request->result =
        job_request_state_change(request->job, request->request, request->timeout);
}

static void
on_request_done(gpointer data)
{
    Request *request = data;
    ServiceJob *self = g_hash_table_lookup(request->service->jobs, request->path);

    if (self && request->request == JOB_REQUEST_START)
        service_job_save(self);
    /* The job was waiting in the queue and must not start any more. */
    if (self && job_state_is_final(job_get_state(self->job)))
        job_queue_remove(self->service->queue, self);
    g_dbus_method_invocation_return_value(request->invocation,
                                          g_variant_new("(u)", request->result));
    job_unref(request->job);
    g_free(request->path);
    g_free(request);
}

static void
request_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ServiceJob *self = data;
    Request *request = g_new0(Request, 1);

    *request = (Request){.service = self->service,
                         .job = job_ref(self->job),
                         .path = g_strdup(self->path),
                         .invocation = invocation};
    g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "(ut)", &request->request,
                  &request->timeout);
    work_run(WORK_TARGET, self->path, run_request, on_request_done, request);
}

static void
speed_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ServiceJob *self = data;
    guint64 rate;

    g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "(t)", &rate);
    job_set_bandwidth(self->job, rate);
    service_job_update(self);
    service_job_save(self);
    g_dbus_method_invocation_return_value(invocation, NULL);
}

/* A call whose sender is being authorised. It has the path, because the job may be removed
 * meanwhile. */
typedef struct {
    JobService *service;
    char *path;
    AccessGranted granted;
} ControlCall;

static void
control_call_free(gpointer data)
{
    ControlCall *control = data;

    g_free(control->path);
    g_free(control);
}

static void
control_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const ControlCall *control = data;
    ServiceJob *self = g_hash_table_lookup(control->service->jobs, control->path);
    g_autoptr(GError) error = NULL;

    if (self) {
        control->granted(invocation, self);
        return;
    }
    error = g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                        _("The job '%s' is not there any more"), control->path);
    access_return_error(invocation, error);
}

/* Calls @granted if the sender is the owner of the job or may control the jobs of others. */
static gboolean
authorise_control(ServiceJob *self, GDBusMethodInvocation *invocation, AccessGranted granted)
{
    ControlCall *call = g_new0(ControlCall, 1);

    *call = (ControlCall){self->service, g_strdup(self->path), granted};
    access_check_unless_owner(invocation, self->uid, ACTION_CONTROL_OTHERS_JOBS, control_granted,
                              call, control_call_free);

    return TRUE;
}

static gboolean
on_request_state_change(BusJob *bus, GDBusMethodInvocation *invocation, guint32 request,
                        guint64 timeout, gpointer data)
{
    return authorise_control(data, invocation, request_granted);
}

static gboolean
on_set_speed(BusJob *bus, GDBusMethodInvocation *invocation, guint64 bandwidth, gpointer data)
{
    return authorise_control(data, invocation, speed_granted);
}

/* --- details ----------------------------------------------------------------- */

static void
details_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    g_autoptr(JobInfo) info = job_get_info(((ServiceJob *)data)->job);

    access_return_value(invocation, g_variant_new("(@a{sv})", job_object_details(info)));
}

static void
error_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    g_autoptr(JobInfo) info = job_get_info(((ServiceJob *)data)->job);
    g_autofree char *xml = job_info_error_xml(info);

    access_return_value(invocation, g_variant_new("(s)", xml ? xml : ""));
}

static void
report_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    g_autoptr(JobInfo) info = job_get_info(((ServiceJob *)data)->job);

    access_return_value(invocation, g_variant_new("(@a{sv})", job_object_report(info)));
}

static gboolean
on_get_details(BusJob *bus, GDBusMethodInvocation *invocation, gpointer data)
{
    return authorise_control(data, invocation, details_granted);
}

static gboolean
on_get_error(BusJob *bus, GDBusMethodInvocation *invocation, gpointer data)
{
    return authorise_control(data, invocation, error_granted);
}

static gboolean
on_get_report(BusJob *bus, GDBusMethodInvocation *invocation, gpointer data)
{
    return authorise_control(data, invocation, report_granted);
}

void
job_methods_connect(ServiceJob *self)
{
    g_signal_connect(self->bus, "handle-request-state-change", G_CALLBACK(on_request_state_change),
                     self);
    g_signal_connect(self->bus, "handle-set-speed", G_CALLBACK(on_set_speed), self);
    g_signal_connect(self->bus, "handle-get-details", G_CALLBACK(on_get_details), self);
    g_signal_connect(self->bus, "handle-get-error", G_CALLBACK(on_get_error), self);
    g_signal_connect(self->bus, "handle-get-report", G_CALLBACK(on_get_report), self);
}
