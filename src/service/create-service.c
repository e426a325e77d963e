/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "service/access.h"
#include "service/create-service.h"
#include "service/plan-call.h"
#include "service/work.h"
#include "snapshot/create-settings.h"
#include "snapshot/create-work.h"

#define RESULT_JOB_STARTED 4096

/* A call that is being checked before a job is made of it. */
typedef struct {
    JobService *jobs;
    GDBusMethodInvocation *invocation;
    guint uid;
    char *owner;
    CreateWork *work; /* owned; NULL: not made yet */
    GError *error;    /* NULL: no error so far */
} CreateCall;

static void
create_call_free(CreateCall *call)
{
    if (call->work)
        job_work_unref(&call->work->parent);
    g_clear_error(&call->error);
    g_free(call->owner);
    g_free(call);
}

static void
create_call_fail(CreateCall *call, const GError *error)
{
    access_return_error(call->invocation, error);
    create_call_free(call);
}

/* The collection is read here, and not again when it is the job's turn. */
static CreateWork *
parse_create_call(GDBusMethodInvocation *invocation, GError **error)
{
    g_autofree char *collection = NULL;
    g_autofree char *snapshot = NULL;
    CreateSettings settings;
    const char *path;
    const char *text;
    guint16 type;
    Members *members;

    g_variant_get(g_dbus_method_invocation_get_parameters(invocation), "(&o&sq)", &path,
                  &text, &type);
    collection = bus_path_parse_collection(path, error);
    if (!collection || !create_settings_parse(text, type, &settings, &snapshot, error))
        return NULL;
    if (!snapshot)
        snapshot = create_default_name();
    members = members_new(collection, NULL, error);

    return members ? create_work_new(collection, members, snapshot, &settings) : NULL;
}

/* Checks the call in a thread, because the store may be locked. */
static void
look_at_create_call(gpointer data)
{
    CreateCall *call = data;

    call->uid = access_caller_uid(call->invocation);
    call->owner = access_user_name(call->uid);
    call->work = parse_create_call(call->invocation, &call->error);
}

static void
on_create_started(const char *path, const GError *error, gpointer data)
{
    CreateCall *call = data;
    g_autofree char *set = NULL;

    if (!path) {
        create_call_fail(call, error);
        return;
    }
    set = bus_path_snapshot(call->work->collection, call->work->snapshot);
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uoo)", RESULT_JOB_STARTED, set, path));
    create_call_free(call);
}

static void
on_create_call_looked_at(gpointer data)
{
    CreateCall *call = data;
    JobOrder order = {.uid = call->uid,
                      .owner = call->owner,
                      .starter = g_dbus_method_invocation_get_sender(call->invocation),
                      .started = on_create_started,
                      .data = call};

    if (call->error) {
        create_call_fail(call, call->error);
        return;
    }
    order.work = &call->work->parent;
    job_service_start(call->jobs, &order);
}

/* The call is processed after earlier changes of collections by the same sender. */
static void
create_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    CreateCall *call = g_new0(CreateCall, 1);

    call->jobs = data;
    call->invocation = invocation;
    work_run(WORK_STORE, g_dbus_method_invocation_get_sender(invocation), look_at_create_call,
             on_create_call_looked_at, call);
}

/* --- what would be made ------------------------------------------------------------- */

static JobWork *
make_create_plan(JobCall *call, GError **error)
{
    CreateWork *work = parse_create_call(call->invocation, error);

    return work ? &work->parent : NULL;
}

static void
plan_granted(GDBusMethodInvocation *invocation, gpointer jobs)
{
    plan_call_begin(invocation, jobs, make_create_plan, NULL);
}

/* --- the methods ---------------------------------------------------------------------- */

static gboolean
on_create(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
          const char *collection, const char *settings, guint16 type, gpointer jobs)
{
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, create_granted, jobs, NULL);

    return TRUE;
}

static gboolean
on_plan_create(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
               const char *collection, const char *settings, guint16 type, gpointer jobs)
{
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, plan_granted, jobs, NULL);

    return TRUE;
}

void
create_service_connect(BusCollectionSnapshotService *bus, JobService *jobs)
{
    g_signal_connect(bus, "handle-create-snapshot", G_CALLBACK(on_create), jobs);
    g_signal_connect(bus, "handle-plan-create-snapshot", G_CALLBACK(on_plan_create), jobs);
}
