/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "import/detach-work.h"
#include "import/import-work.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/import-service.h"
#include "service/plan-call.h"
#include "util/name.h"
#include "util/path.h"

struct ImportService {
    JobService *jobs;
    const ServiceConfig *config;
    gboolean session;
};

/* --- whether the caller may ------------------------------------------------------- */

/* virtsnapd.conf names directories, and which pool is where only libvirt knows. */
static gboolean
may_use_pools(const ImportService *self, const JobCall *call, GError **error)
{
    if (call->uid == 0 || self->session)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("Only root may import into storage pools; import into a directory that "
                  "virtsnapd.conf allows"));

    return FALSE;
}

static gboolean
may_import(const JobCall *call, const char *directory, gboolean pool, GError **error)
{
    const ImportService *self = call->data;
    g_autoptr(ExportPlace) place = NULL;

    if (pool && !may_use_pools(self, call, error))
        return FALSE;
    place = export_place_new(directory, NULL, NULL, TRUE);

    return service_config_may_export(self->config, call->uid, place, self->session, error);
}

/* --- the works ---------------------------------------------------------------------- */

/* The directory to import into; one is needed unless there is a storage pool. */
static gboolean
find_import_directory(char **directory, const ImportSettings *settings, GError **error)
{
    if (!*directory && settings->pool)
        *directory = import_work_default_directory();
    if (*directory)
        return path_check_plain(*directory, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The option 'to' is missing: the directory to import into"));

    return FALSE;
}

static JobWork *
make_import(JobCall *call, GError **error)
{
    g_autofree char *directory = NULL;
    const BusOption known[] = {{"wait", &call->wait, NULL},
                               {"resume", &call->resume, NULL},
                               {"to", NULL, &directory},
                               {NULL, NULL, NULL}};
    g_autoptr(GVariant) dictionary = NULL;
    g_autoptr(ImportSettings) settings = NULL;
    const char *path;
    const char *text;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&s&s@a{sv})",
                  &path, &text, &dictionary);
    if (!bus_options_parse(dictionary, call->plan ? known + 2 : known, error) ||
        !path_check_plain(path, error))
        return NULL;
    settings = import_settings_parse(text, error);
    if (!settings || !find_import_directory(&directory, settings, error) ||
        !may_import(call, directory, settings->pool != NULL, error))
        return NULL;

    return &import_work_new(path, directory, g_steal_pointer(&settings))->parent;
}

static JobWork *
make_detach(JobCall *call, GError **error)
{
    const BusOption known[] = {{"wait", &call->wait, NULL}, {NULL, NULL, NULL}};
    g_autoptr(GVariant) dictionary = NULL;
    const char *domain;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&s@a{sv})", &domain,
                  &dictionary);

    return bus_options_parse(dictionary, call->plan ? known + 1 : known, error) &&
                   name_check(domain, _("domain"), error)
               ? &detach_work_new(domain)->parent
               : NULL;
}

/* --- the methods ---------------------------------------------------------------------- */

static void
on_import_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const ImportService *self = data;

    job_call_begin(invocation, self->jobs, WORK_TARGET, NULL, make_import, self);
}

static void
on_plan_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const ImportService *self = data;

    plan_call_begin(invocation, self->jobs, make_import, self);
}

static void
on_detach_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const ImportService *self = data;

    job_call_begin(invocation, self->jobs, WORK_TARGET, NULL, make_detach, self);
}

static void
on_plan_detach_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const ImportService *self = data;

    plan_call_begin(invocation, self->jobs, make_detach, self);
}

static gboolean
on_plan_detach(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
               const char *domain, GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_IMPORT, on_plan_detach_granted, self, NULL);

    return TRUE;
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

static gboolean
on_plan(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation, const char *path,
        const char *settings, GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_IMPORT, on_plan_granted, self, NULL);

    return TRUE;
}

ImportService *
import_service_new(BusCollectionSnapshotService *bus, JobService *jobs,
                   const ServiceConfig *config, gboolean session)
{
    ImportService *self = g_new0(ImportService, 1);

    *self = (ImportService){jobs, config, session};
    g_signal_connect(bus, "handle-import-export", G_CALLBACK(on_import), self);
    g_signal_connect(bus, "handle-plan-import", G_CALLBACK(on_plan), self);
    g_signal_connect(bus, "handle-detach-import", G_CALLBACK(on_detach), self);
    g_signal_connect(bus, "handle-plan-detach-import", G_CALLBACK(on_plan_detach), self);

    return self;
}

void
import_service_free(ImportService *self)
{
    g_free(self);
}
