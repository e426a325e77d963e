/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "archive/export-protect.h"
#include "archive/export-variant.h"
#include "service/access.h"
#include "service/exports-service.h"
#include "service/work.h"
#include "util/path.h"

struct ExportsService {
    const ServiceConfig *config;
    gboolean session;
};

/* What a method does with the canonical path that its caller may use. Returns: the answer,
 * floating; NULL with an error. */
typedef GVariant *(*ExportsMethod)(const char *path, GVariant *parameters, GError **error);

typedef struct {
    const ExportsService *self;
    GDBusMethodInvocation *invocation;
    ExportsMethod method;
    GVariant *answer; /* NULL: error */
    GError *error;
} ExportsCall;

/* --- the methods ---------------------------------------------------------------- */

static GVariant *
list_exports(const char *path, G_GNUC_UNUSED GVariant *parameters, GError **error)
{
    g_autoptr(GPtrArray) exports = export_list(path, error);

    return exports ? g_variant_new("(@aa{sv})", export_list_format(exports)) : NULL;
}

static GVariant *
get_export_info(const char *path, G_GNUC_UNUSED GVariant *parameters, GError **error)
{
    g_autoptr(GVariant) info = export_info_load(path, error);

    return info ? g_variant_new("(@a{sv})", info) : NULL;
}

static GVariant *
protect_export(const char *path, GVariant *parameters, GError **error)
{
    gboolean protect;

    g_variant_get_child(parameters, 1, "b", &protect);

    return export_set_protected(path, protect, error) ? g_variant_new("()") : NULL;
}

/* --- a call --------------------------------------------------------------------- */

/* Returns: the path that the caller names, owned; NULL with an error if he may not use it. */
static char *
find_path(const ExportsCall *call, const char *named, GError **error)
{
    const ExportsService *self = call->self;
    g_autofree char *path = path_check_plain(named, error) ? path_canonical(named) : NULL;
    guint uid = access_caller_uid(call->invocation);

    return path && service_config_may_use(self->config, uid, path, self->session, error)
               ? g_steal_pointer(&path)
               : NULL;
}

/* Runs in a thread, because a file system may hang. */
static void
run_exports_call(gpointer data)
{
    ExportsCall *call = data;
    GVariant *parameters = g_dbus_method_invocation_get_parameters(call->invocation);
    g_autofree char *path = NULL;
    const char *named;

    g_variant_get_child(parameters, 0, "&s", &named);
    path = find_path(call, named, &call->error);
    if (path)
        call->answer = call->method(path, parameters, &call->error);
    if (call->answer)
        g_variant_ref_sink(call->answer);
}

static void
on_exports_call_done(gpointer data)
{
    ExportsCall *call = data;

    if (call->answer)
        access_return_value(call->invocation, call->answer);
    else
        access_return_error(call->invocation, call->error);
    g_clear_pointer(&call->answer, g_variant_unref);
    g_clear_error(&call->error);
    g_free(call);
}

static void
begin_call(GDBusMethodInvocation *invocation, const ExportsService *self, ExportsMethod method,
           const char *lane)
{
    ExportsCall *call = g_new0(ExportsCall, 1);

    call->self = self;
    call->invocation = invocation;
    call->method = method;
    work_run(WORK_TARGET, lane, run_exports_call, on_exports_call_done, call);
}

/* --- who may --------------------------------------------------------------------- */

static void
list_granted(GDBusMethodInvocation *invocation, gpointer self)
{
    begin_call(invocation, self, list_exports, NULL);
}

static gboolean
on_list(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
        const char *directory, gpointer self)
{
    access_check(invocation, ACTION_READ, list_granted, self, NULL);

    return TRUE;
}

static void
info_granted(GDBusMethodInvocation *invocation, gpointer self)
{
    begin_call(invocation, self, get_export_info, NULL);
}

static gboolean
on_info(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation, const char *path,
        gpointer self)
{
    access_check(invocation, ACTION_READ, info_granted, self, NULL);

    return TRUE;
}

/* In the lane of PruneExports: what somebody protects, and then removes the others. */
static void
protect_granted(GDBusMethodInvocation *invocation, gpointer self)
{
    begin_call(invocation, self, protect_export, g_dbus_method_invocation_get_sender(invocation));
}

static gboolean
on_protect(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation, const char *path,
           gboolean protect, gpointer self)
{
    access_check(invocation, ACTION_REMOVE_EXPORTS, protect_granted, self, NULL);

    return TRUE;
}

ExportsService *
exports_service_new(BusCollectionSnapshotService *bus, const ServiceConfig *config,
                    gboolean session)
{
    ExportsService *self = g_new0(ExportsService, 1);

    *self = (ExportsService){config, session};
    g_signal_connect(bus, "handle-list-exports", G_CALLBACK(on_list), self);
    g_signal_connect(bus, "handle-get-export-info", G_CALLBACK(on_info), self);
    g_signal_connect(bus, "handle-protect-export", G_CALLBACK(on_protect), self);

    return self;
}

void
exports_service_free(ExportsService *self)
{
    g_free(self);
}
