/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "collection/members.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/job-call.h"
#include "service/plan-call.h"
#include "service/set-service.h"
#include "snapshot/apply-work.h"
#include "snapshot/delete-work.h"
#include "snapshot/reference-point.h"
#include "snapshot/reference-work.h"

/* Makes the work for @name, a snapshot or reference point, of @collection. */
typedef JobWork *(*MakeFunc)(JobCall *call, const char *collection, const char *name,
                             GVariant *options, GError **error);

/* A method. */
typedef struct {
    MakeFunc make;
    gboolean reference; /* a reference point is meant, by its name */
    gboolean plan;      /* it only tells what would be done */
} SetMethod;

/* --- what a caller sends ------------------------------------------------------------ */

static JobWork *
make_delete(JobCall *call, const char *collection, const char *snapshot, GVariant *options,
            GError **error)
{
    gboolean metadata = FALSE;
    const BusOption known[] = {{"wait", &call->wait, NULL},
                               {"metadata", &metadata, NULL},
                               {NULL, NULL, NULL}};

    if (!bus_options_parse(options, call->plan ? known + 1 : known, error))
        return NULL;

    return &delete_work_new(collection, snapshot, metadata)->parent;
}

static JobWork *
make_conversion(JobCall *call, const char *collection, const char *snapshot, GVariant *options,
                GError **error)
{
    const BusOption known[] = {{"wait", &call->wait, NULL}, {NULL, NULL, NULL}};

    if (!bus_options_parse(options, call->plan ? known + 1 : known, error))
        return NULL;
    call->made = g_strdup(snapshot);

    return &convert_work_new(collection, snapshot)->parent;
}

static JobWork *
make_apply(JobCall *call, const char *collection, const char *snapshot, GVariant *options,
           GError **error)
{
    gboolean discard = FALSE, start = FALSE, paused = FALSE;
    const BusOption known[] = {{"wait", &call->wait, NULL}, {"discard", &discard, NULL},
                               {"start", &start, NULL},     {"paused", &paused, NULL},
                               {NULL, NULL, NULL}};

    if (!bus_options_parse(options, call->plan ? known + 1 : known, error))
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
make_reference(JobCall *call, const JobWorkType *type, const char *collection, const char *name,
               GVariant *options, GError **error)
{
    const BusOption known[] = {{"wait", &call->wait, NULL}, {NULL, NULL, NULL}};
    ReferenceWork *work;

    if (!bus_options_parse(options, call->plan ? known + 1 : known, error))
        return NULL;
    work = reference_work_new(type, collection, *name ? name : NULL, error);

    return work ? &work->parent : NULL;
}

static JobWork *
make_reference_point(JobCall *call, const char *collection, const char *name, GVariant *options,
                     GError **error)
{
    return make_reference(call, &reference_create_work_type, collection, name, options, error);
}

static JobWork *
make_reference_removal(JobCall *call, const char *collection, const char *name,
                       GVariant *options, GError **error)
{
    if (!reference_point_check_name(name, error))
        return NULL;

    return make_reference(call, &reference_delete_work_type, collection, name, options, error);
}

/* What is meant: a snapshot collection by its path, or a reference point by the collection's path
 * and its name. */
static gboolean
parse_parameters(const JobCall *call, char **collection, char **name, GVariant **options,
                 GError **error)
{
    GVariant *parameters = g_dbus_method_invocation_get_parameters(call->invocation);
    const SetMethod *method = call->data;
    const char *path;

    if (!method->reference) {
        g_variant_get(parameters, "(&o@a{sv})", &path, options);
        return bus_path_parse_snapshot(path, collection, name, error);
    }
    g_variant_get(parameters, "(&os@a{sv})", &path, name, options);
    *collection = bus_path_parse_collection(path, error);

    return *collection != NULL;
}

/* That there is such a collection can be said now. */
static JobWork *
make_set_work(JobCall *call, GError **error)
{
    const SetMethod *method = call->data;
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

    return method->make(call, collection, name, options, error);
}

/* --- the methods ------------------------------------------------------------------------- */

/* A method, or a call of it that is being authorised. */
typedef struct {
    JobService *jobs;
    const SetMethod *method;
} SetCall;

static void
on_set_call_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const SetCall *call = data;

    if (call->method->plan)
        plan_call_begin(invocation, call->jobs, make_set_work, call->method);
    else
        job_call_begin(invocation, call->jobs, WORK_STORE,
                       g_dbus_method_invocation_get_sender(invocation), make_set_work,
                       call->method);
}

/* @data: a SetCall */
static gboolean
on_set_call(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
            const char *snapshot_collection, GVariant *options, gpointer data)
{
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, on_set_call_granted,
                 g_memdup2(data, sizeof(SetCall)), g_free);

    return TRUE;
}

/* @data: likewise */
static gboolean
on_point_call(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
              const char *collection, const char *name, GVariant *options, gpointer data)
{
    return on_set_call(bus, invocation, collection, options, data);
}

static void
set_call_free(gpointer data, G_GNUC_UNUSED GClosure *closure)
{
    g_free(data);
}

void
set_service_connect(BusCollectionSnapshotService *bus, JobService *jobs)
{
    static const struct {
        const char *signal;
        SetMethod method;
    } methods[] = {
        {"handle-destroy-snapshot", {make_delete, FALSE, FALSE}},
        {"handle-plan-destroy-snapshot", {make_delete, FALSE, TRUE}},
        {"handle-apply-snapshot", {make_apply, FALSE, FALSE}},
        {"handle-plan-apply-snapshot", {make_apply, FALSE, TRUE}},
        {"handle-convert-to-reference-point", {make_conversion, FALSE, FALSE}},
        {"handle-plan-convert-to-reference-point", {make_conversion, FALSE, TRUE}},
        {"handle-create-reference-point", {make_reference_point, TRUE, FALSE}},
        {"handle-plan-create-reference-point", {make_reference_point, TRUE, TRUE}},
        {"handle-destroy-reference-point", {make_reference_removal, TRUE, FALSE}},
        {"handle-plan-destroy-reference-point", {make_reference_removal, TRUE, TRUE}},
    };

    for (gsize i = 0; i < G_N_ELEMENTS(methods); i++) {
        const SetMethod *method = &methods[i].method;
        SetCall *call = g_new(SetCall, 1);

        *call = (SetCall){jobs, method};
        g_signal_connect_data(bus, methods[i].signal,
                              method->reference ? G_CALLBACK(on_point_call)
                                                : G_CALLBACK(on_set_call),
                              call, set_call_free, 0);
    }
}
