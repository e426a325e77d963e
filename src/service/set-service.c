/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "collection/members.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/set-service.h"
#include "service/work.h"
#include "snapshot/apply-work.h"
#include "snapshot/delete-work.h"

/* Answers of the methods; others are D-Bus errors. */
#define RESULT_DONE 0
#define RESULT_JOB_STARTED 4096

/* A call on its way through what has to be looked at before a job is made of it. */
typedef struct SetCall SetCall;
struct SetCall {
    JobService *jobs;
    GDBusMethodInvocation *invocation;
    JobWork *(*make)(SetCall *call, const char *collection, const char *snapshot,
                     GVariant *options, GError **error);
    guint uid;
    char *owner;
    gboolean wait;
    JobWork *work; /* owned; NULL: not known yet */
    char *path;    /* of the job, which the caller waits for */
    GError *error; /* NULL: none so far */
};

static void
set_call_free(SetCall *call)
{
    job_work_unref(call->work);
    g_clear_error(&call->error);
    g_free(call->owner);
    g_free(call->path);
    g_free(call);
}

static void
set_call_fail(SetCall *call, const GError *error)
{
    access_return_error(call->invocation, error);
    set_call_free(call);
}

/* --- what a caller sends ------------------------------------------------------------ */

static JobWork *
make_delete(SetCall *call, const char *collection, const char *snapshot, GVariant *options,
            GError **error)
{
    gboolean metadata = FALSE;
    const BusOption known[] = {{"wait", &call->wait, NULL},
                               {"metadata", &metadata, NULL},
                               {NULL, NULL, NULL}};

    if (!bus_options_parse(options, known, error))
        return NULL;

    return &delete_work_new(collection, snapshot, metadata)->parent;
}

static JobWork *
make_apply(SetCall *call, const char *collection, const char *snapshot, GVariant *options,
           GError **error)
{
    gboolean discard = FALSE, start = FALSE, paused = FALSE;
    const BusOption known[] = {{"wait", &call->wait, NULL}, {"discard", &discard, NULL},
                               {"start", &start, NULL},     {"paused", &paused, NULL},
                               {NULL, NULL, NULL}};

    if (!bus_options_parse(options, known, error))
        return NULL;
    if (start && paused) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The options 'start' and 'paused' exclude each other"));
        return NULL;
    }

    return &apply_work_new(collection, snapshot, discard,
                           start    ? APPLY_RUNNING
                           : paused ? APPLY_PAUSED
                                    : APPLY_AS_IT_WAS)
                ->parent;
}

/* That there is such a collection can be said now. */
static JobWork *
parse_call(SetCall *call, GError **error)
{
    g_autoptr(GVariant) options = NULL;
    g_autofree char *collection = NULL;
    g_autofree char *snapshot = NULL;
    const char *path;
    Members *members;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&o@a{sv})", &path,
                  &options);
    if (!bus_path_parse_snapshot(path, &collection, &snapshot, error))
        return NULL;
    members = members_new(collection, NULL, error);
    if (!members)
        return NULL;
    members_free(members);

    return call->make(call, collection, snapshot, options, error);
}

/* --- its way ------------------------------------------------------------------------- */

/* In a thread, as the store may be locked. */
static void
look_at_call(gpointer data)
{
    SetCall *call = data;

    call->uid = access_caller_uid(call->invocation);
    call->owner = access_user_name(call->uid);
    call->work = parse_call(call, &call->error);
}

static void
on_ended(const GError *error, gpointer data)
{
    SetCall *call = data;

    if (error) {
        set_call_fail(call, error);
        return;
    }
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uo)", RESULT_DONE, call->path));
    set_call_free(call);
}

static void
on_started(const char *path, const GError *error, gpointer data)
{
    SetCall *call = data;

    if (!path) {
        set_call_fail(call, error);
        return;
    }
    call->path = g_strdup(path);
    if (call->wait)
        return;
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uo)", RESULT_JOB_STARTED, path));
    set_call_free(call);
}

static void
on_call_looked_at(gpointer data)
{
    SetCall *call = data;
    JobOrder order = {.uid = call->uid,
                      .owner = call->owner,
                      .starter = g_dbus_method_invocation_get_sender(call->invocation),
                      .started = on_started,
                      .ended = call->wait ? on_ended : NULL,
                      .data = call};

    if (call->error) {
        set_call_fail(call, call->error);
        return;
    }
    order.work = call->work;
    job_service_start(call->jobs, &order);
}

static void
begin(GDBusMethodInvocation *invocation, JobService *jobs,
      JobWork *(*make)(SetCall *, const char *, const char *, GVariant *, GError **))
{
    SetCall *call = g_new0(SetCall, 1);

    call->jobs = jobs;
    call->invocation = invocation;
    call->make = make;
    work_run(WORK_STORE, g_dbus_method_invocation_get_sender(invocation), look_at_call,
             on_call_looked_at, call);
}

/* --- DestroySnapshot -------------------------------------------------------------------- */

static void
delete_granted(GDBusMethodInvocation *invocation, gpointer jobs)
{
    begin(invocation, jobs, make_delete);
}

static gboolean
on_destroy(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
           const char *snapshot_collection, GVariant *options, gpointer jobs)
{
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, delete_granted, jobs, NULL);

    return TRUE;
}

/* --- ApplySnapshot -------------------------------------------------------------------- */

static void
apply_granted(GDBusMethodInvocation *invocation, gpointer jobs)
{
    begin(invocation, jobs, make_apply);
}

static gboolean
on_apply(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
         const char *snapshot_collection, GVariant *options, gpointer jobs)
{
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, apply_granted, jobs, NULL);

    return TRUE;
}

void
set_service_connect(BusCollectionSnapshotService *bus, JobService *jobs)
{
    g_signal_connect(bus, "handle-destroy-snapshot", G_CALLBACK(on_destroy), jobs);
    g_signal_connect(bus, "handle-apply-snapshot", G_CALLBACK(on_apply), jobs);
}
