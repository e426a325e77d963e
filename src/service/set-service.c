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
#include "snapshot/reference-point.h"
#include "snapshot/reference-work.h"

/* Answers of the methods; others are D-Bus errors. */
#define RESULT_DONE 0
#define RESULT_JOB_STARTED 4096

/* A call on its way through what has to be looked at before a job is made of it. */
typedef struct SetCall SetCall;

/* What is to be done with @name of @collection. */
typedef JobWork *(*MakeFunc)(SetCall *call, const char *collection, const char *name,
                             GVariant *options, GError **error);

struct SetCall {
    JobService *jobs;
    GDBusMethodInvocation *invocation;
    MakeFunc make;
    gboolean reference; /* a reference point is meant, by its name */
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

static JobWork *
make_reference(SetCall *call, const JobWorkType *type, const char *collection, const char *name,
               GVariant *options, GError **error)
{
    const BusOption known[] = {{"wait", &call->wait, NULL}, {NULL, NULL, NULL}};
    ReferenceWork *work;

    if (!bus_options_parse(options, known, error))
        return NULL;
    work = reference_work_new(type, collection, *name ? name : NULL, error);

    return work ? &work->parent : NULL;
}

static JobWork *
make_reference_point(SetCall *call, const char *collection, const char *name, GVariant *options,
                     GError **error)
{
    return make_reference(call, &reference_create_work_type, collection, name, options, error);
}

static JobWork *
make_reference_removal(SetCall *call, const char *collection, const char *name,
                       GVariant *options, GError **error)
{
    if (!reference_point_check_name(name, error))
        return NULL;

    return make_reference(call, &reference_delete_work_type, collection, name, options, error);
}

/* What is meant: a snapshot collection by its path, or a reference point by the collection's path
 * and its name. */
static gboolean
parse_parameters(const SetCall *call, char **collection, char **name, GVariant **options,
                 GError **error)
{
    GVariant *parameters = g_dbus_method_invocation_get_parameters(call->invocation);
    const char *path;

    if (!call->reference) {
        g_variant_get(parameters, "(&o@a{sv})", &path, options);
        return bus_path_parse_snapshot(path, collection, name, error);
    }
    g_variant_get(parameters, "(&os@a{sv})", &path, name, options);
    *collection = bus_path_parse_collection(path, error);

    return *collection != NULL;
}

/* That there is such a collection can be said now. */
static JobWork *
parse_set_call(SetCall *call, GError **error)
{
    g_autoptr(GVariant) options = NULL;
    g_autofree char *collection = NULL;
    g_autofree char *name = NULL;
    Members *members;

    if (!parse_parameters(call, &collection, &name, &options, error))
        return NULL;
    members = members_new(collection, NULL, error);
    if (!members)
        return NULL;
    members_free(members);

    return call->make(call, collection, name, options, error);
}

/* --- its way ------------------------------------------------------------------------- */

/* In a thread, as the store may be locked. */
static void
look_at_set_call(gpointer data)
{
    SetCall *call = data;

    call->uid = access_caller_uid(call->invocation);
    call->owner = access_user_name(call->uid);
    call->work = parse_set_call(call, &call->error);
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
on_set_job_started(const char *path, const GError *error, gpointer data)
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
on_set_call_looked_at(gpointer data)
{
    SetCall *call = data;
    JobOrder order = {.uid = call->uid,
                      .owner = call->owner,
                      .starter = g_dbus_method_invocation_get_sender(call->invocation),
                      .started = on_set_job_started,
                      .ended = call->wait ? on_ended : NULL,
                      .data = call};

    if (call->error) {
        set_call_fail(call, call->error);
        return;
    }
    order.work = call->work;
    job_service_start(call->jobs, &order);
}

/* What a method does when its caller may. */
typedef struct {
    JobService *jobs;
    MakeFunc make;
    gboolean reference;
} SetMethod;

static void
on_set_call_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const SetMethod *method = data;
    SetCall *call = g_new0(SetCall, 1);

    call->jobs = method->jobs;
    call->invocation = invocation;
    call->make = method->make;
    call->reference = method->reference;
    work_run(WORK_STORE, g_dbus_method_invocation_get_sender(invocation), look_at_set_call,
             on_set_call_looked_at, call);
}

static gboolean
begin_if_granted(GDBusMethodInvocation *invocation, JobService *jobs, MakeFunc make,
                 gboolean reference)
{
    SetMethod *method = g_new(SetMethod, 1);

    *method = (SetMethod){jobs, make, reference};
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, on_set_call_granted, method, g_free);

    return TRUE;
}

/* --- the methods ------------------------------------------------------------------------- */

static gboolean
on_destroy(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
           const char *snapshot_collection, GVariant *options, gpointer jobs)
{
    return begin_if_granted(invocation, jobs, make_delete, FALSE);
}

static gboolean
on_apply(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
         const char *snapshot_collection, GVariant *options, gpointer jobs)
{
    return begin_if_granted(invocation, jobs, make_apply, FALSE);
}

static gboolean
on_create_reference_point(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
                          const char *collection, const char *name, GVariant *options,
                          gpointer jobs)
{
    return begin_if_granted(invocation, jobs, make_reference_point, TRUE);
}

static gboolean
on_destroy_reference_point(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
                           const char *collection, const char *name, GVariant *options,
                           gpointer jobs)
{
    return begin_if_granted(invocation, jobs, make_reference_removal, TRUE);
}

void
set_service_connect(BusCollectionSnapshotService *bus, JobService *jobs)
{
    g_signal_connect(bus, "handle-destroy-snapshot", G_CALLBACK(on_destroy), jobs);
    g_signal_connect(bus, "handle-apply-snapshot", G_CALLBACK(on_apply), jobs);
    g_signal_connect(bus, "handle-create-reference-point",
                     G_CALLBACK(on_create_reference_point), jobs);
    g_signal_connect(bus, "handle-destroy-reference-point",
                     G_CALLBACK(on_destroy_reference_point), jobs);
}
