/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "archive/prune-variant.h"
#include "service/access.h"
#include "service/prune-service.h"
#include "service/work.h"
#include "util/path.h"

struct PruneService {
    const ServiceConfig *config;
    gboolean session;
};

typedef struct {
    const PruneService *self;
    GDBusMethodInvocation *invocation;
    GVariant *report; /* NULL: error */
    GError *error;
} PruneCall;

static gboolean
may_prune(const PruneCall *call, const ExportPlace *place, GError **error)
{
    return service_config_may_export(call->self->config, access_caller_uid(call->invocation),
                                     place, call->self->session, error);
}

/* Runs in a thread, because a file system may hang. */
static void
prune_in_thread(gpointer data)
{
    PruneCall *call = data;
    GVariant *parameters = g_dbus_method_invocation_get_parameters(call->invocation);
    g_autoptr(GVariant) options = g_variant_get_child_value(parameters, 1);
    g_autoptr(Control) control = control_new();
    g_autoptr(PruneReport) report = NULL;
    g_autoptr(ExportPlace) place = NULL;
    PruneOrder order = {0};
    const char *directory;

    g_variant_get_child(parameters, 0, "&s", &directory);
    if (path_check_plain(directory, &call->error)) {
        place = export_place_new(directory, NULL, NULL, TRUE);
        order.directory = place->directory;
    }
    if (place && prune_order_parse(options, &order, &call->error) &&
        may_prune(call, place, &call->error))
        report = export_prune(&order, control, &call->error);
    if (report)
        call->report = g_variant_ref_sink(prune_report_format(report));
}

static void
on_pruned(gpointer data)
{
    PruneCall *call = data;

    if (call->report)
        access_return_value(call->invocation, g_variant_new("(@a{sv})", call->report));
    else
        access_return_error(call->invocation, call->error);
    g_clear_pointer(&call->report, g_variant_unref);
    g_clear_error(&call->error);
    g_free(call);
}

/* Calls of one sender are processed in the order in which they arrived. */
static void
prune_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    PruneCall *call = g_new0(PruneCall, 1);

    call->self = data;
    call->invocation = invocation;
    work_run(WORK_TARGET, g_dbus_method_invocation_get_sender(invocation), prune_in_thread,
             on_pruned, call);
}

static gboolean
on_prune(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
         const char *directory, GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_REMOVE_EXPORTS, prune_granted, self, NULL);

    return TRUE;
}

PruneService *
prune_service_new(BusCollectionSnapshotService *bus, const ServiceConfig *config,
                  gboolean session)
{
    PruneService *self = g_new0(PruneService, 1);

    *self = (PruneService){config, session};
    g_signal_connect(bus, "handle-prune-exports", G_CALLBACK(on_prune), self);

    return self;
}

void
prune_service_free(PruneService *self)
{
    g_free(self);
}
