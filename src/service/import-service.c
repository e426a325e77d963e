/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "import/detach-work.h"
#include "import/import-work.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/import-service.h"
#include "service/work.h"
#include "util/name.h"
#include "util/path.h"

/* Result codes of the method; failures are D-Bus errors. */
#define RESULT_DONE 0
#define RESULT_JOB_STARTED 4096

struct ImportService {
    JobService *jobs;
    const ServiceConfig *config;
    gboolean session;
};

/* A call that is being checked before a job is made of it. */
typedef struct ImportCall ImportCall;
struct ImportCall {
    const ImportService *self;
    GDBusMethodInvocation *invocation;
    JobWork *(*parse)(ImportCall *call, GError **error);
    guint uid;
    char *owner;
    char *directory; /* option "to" */
    gboolean pool; /* into a storage pool */
    gboolean wait;
    gboolean resume;
    JobWork *work; /* owned; NULL: not made yet */
    char *path;    /* path of the job that the caller waits for */
    GError *error; /* NULL: no error so far */
};

static void
import_call_free(ImportCall *call)
{
    job_work_unref(call->work);
    g_clear_error(&call->error);
    g_free(call->owner);
    g_free(call->directory);
    g_free(call->path);
    g_free(call);
}

static void
import_call_fail(ImportCall *call, const GError *error)
{
    access_return_error(call->invocation, error);
    import_call_free(call);
}

/* The directory to import into; one is needed unless there is a storage pool. */
static gboolean
find_import_directory(ImportCall *call, const ImportSettings *settings, GError **error)
{
    call->pool = settings->pool != NULL;
    if (!call->directory && call->pool)
        call->directory = import_work_default_directory();
    if (call->directory)
        return path_check_plain(call->directory, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The option 'to' is missing: the directory to import into"));

    return FALSE;
}

static JobWork *
parse_import_call(ImportCall *call, GError **error)
{
    const BusOption known[] = {{"to", NULL, &call->directory},
                               {"wait", &call->wait, NULL},
                               {"resume", &call->resume, NULL},
                               {NULL, NULL, NULL}};
    g_autoptr(GVariant) dictionary = NULL;
    g_autoptr(ImportSettings) settings = NULL;
    const char *path;
    const char *text;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&s&s@a{sv})",
                  &path, &text, &dictionary);
    if (!bus_options_parse(dictionary, known, error) || !path_check_plain(path, error))
        return NULL;
    settings = import_settings_parse(text, error);
    if (!settings || !find_import_directory(call, settings, error))
        return NULL;

    return &import_work_new(path, call->directory, g_steal_pointer(&settings))->parent;
}

static JobWork *
parse_detach_call(ImportCall *call, GError **error)
{
    const BusOption known[] = {{"wait", &call->wait, NULL}, {NULL, NULL, NULL}};
    g_autoptr(GVariant) dictionary = NULL;
    const char *domain;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&s@a{sv})", &domain,
                  &dictionary);

    return bus_options_parse(dictionary, known, error) && name_check(domain, _("domain"), error)
               ? &detach_work_new(domain)->parent
               : NULL;
}

/* virtsnapd.conf names directories, and which pool is where only libvirt knows. */
static gboolean
may_use_pools(const ImportCall *call, GError **error)
{
    if (call->uid == 0 || call->self->session)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("Only root may import into storage pools; import into a directory that "
                  "virtsnapd.conf allows"));

    return FALSE;
}

/* Checks the call in a thread, because accessing a file system may hang. */
static void
check_import_call(gpointer data)
{
    ImportCall *call = data;
    g_autoptr(ExportPlace) place = NULL;

    call->uid = access_caller_uid(call->invocation);
    call->owner = access_user_name(call->uid);
    call->work = call->parse(call, &call->error);
    if (!call->work || !call->directory)
        return;
    if (call->pool && !may_use_pools(call, &call->error))
        return;
    place = export_place_new(call->directory, NULL, NULL, TRUE);
    if (!service_config_may_export(call->self->config, call->uid, place, call->self->session,
                                   &call->error))
        g_debug("%s", call->error->message);
}

static void
on_import_ended(const GError *error, gpointer data)
{
    ImportCall *call = data;

    if (error) {
        import_call_fail(call, error);
        return;
    }
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uo)", RESULT_DONE, call->path));
    import_call_free(call);
}

static void
on_import_started(const char *path, const GError *error, gpointer data)
{
    ImportCall *call = data;

    if (!path) {
        import_call_fail(call, error);
        return;
    }
    call->path = g_strdup(path);
    if (call->wait)
        return;
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uo)", RESULT_JOB_STARTED, path));
    import_call_free(call);
}

static void
on_import_call_checked(gpointer data)
{
    ImportCall *call = data;
    JobOrder order = {.uid = call->uid,
                      .owner = call->owner,
                      .starter = g_dbus_method_invocation_get_sender(call->invocation),
                      .resume = call->resume,
                      .started = on_import_started,
                      .ended = call->wait ? on_import_ended : NULL,
                      .data = call};

    if (call->error) {
        import_call_fail(call, call->error);
        return;
    }
    order.work = call->work;
    job_service_start(call->self->jobs, &order);
}

static void
begin_import_call(GDBusMethodInvocation *invocation, const ImportService *self,
                  JobWork *(*parse)(ImportCall *call, GError **error))
{
    ImportCall *call = g_new0(ImportCall, 1);

    call->self = self;
    call->invocation = invocation;
    call->parse = parse;
    work_run(WORK_TARGET, NULL, check_import_call, on_import_call_checked, call);
}

static void
on_import_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    begin_import_call(invocation, data, parse_import_call);
}

static void
on_detach_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    begin_import_call(invocation, data, parse_detach_call);
}

static gboolean
on_detach(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
          const char *domain, GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_IMPORT, on_detach_granted, self, NULL);

    return TRUE;
}

static gboolean
on_import(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
          const char *path, const char *settings, GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_IMPORT, on_import_granted, self, NULL);

    return TRUE;
}

ImportService *
import_service_new(BusCollectionSnapshotService *bus, JobService *jobs,
                   const ServiceConfig *config, gboolean session)
{
    ImportService *self = g_new0(ImportService, 1);

    *self = (ImportService){jobs, config, session};
    g_signal_connect(bus, "handle-import-export", G_CALLBACK(on_import), self);
    g_signal_connect(bus, "handle-detach-import", G_CALLBACK(on_detach), self);

    return self;
}

void
import_service_free(ImportService *self)
{
    g_free(self);
}
