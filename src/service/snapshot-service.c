/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <string.h>

#include "bus/bus-path.h"
#include "export/export-work.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/create-service.h"
#include "service/exports-service.h"
#include "service/import-service.h"
#include "service/plan-call.h"
#include "service/prune-service.h"
#include "service/set-service.h"
#include "service/snapshot-service.h"
#include "service/verify-service.h"
#include "service/work.h"
#include "util/name.h"
#include "util/path.h"

/* Result codes of the method; failures are D-Bus errors. */
#define RESULT_DONE 0
#define RESULT_JOB_STARTED 4096

/* Maximal number of calls that wait for file systems, which may hang; further ones are refused. */
#define TARGETS_WAITED_FOR 1000u

struct SnapshotService {
    JobService *jobs;
    const ServiceConfig *config;
    gboolean session;
    ExportsService *exports;
    ImportService *imports;
    PruneService *prunes;
    VerifyService *verifications;
};

/* --- parameters ------------------------------------------------------------- */

/* The options of ExportSnapshot. */
typedef struct {
    gboolean wait;
    gboolean resume;
    char **domains; /* owned; NULL: a collection is named */
    char *snapshot; /* owned; of the domains */
} ExportFlags;

static VirtSnapExportSettings *
parse_settings(const char *text, GError **error)
{
    g_autoptr(VirtSnapExportSettings) settings =
        *text ? virt_snap_export_settings_parse(text, strlen(text), error)
              : virt_snap_export_settings_new();

    if (!settings || !virt_snap_export_settings_check_supported(settings, error))
        return NULL;

    return g_steal_pointer(&settings);
}

/* --- ExportSnapshot --------------------------------------------------------- */

/* A call that is being checked before a job is made of it. */
typedef struct {
    const SnapshotService *self;
    GDBusMethodInvocation *invocation;
    guint uid;
    char *owner;
    gboolean plan; /* it is PlanExport */
    ExportFlags flags;
    ExportWork *work; /* owned; NULL: not made yet */
    guint64 device; /* device number of the target's file system */
    char *path;     /* path of the job that the caller waits for */
    GError *error;  /* NULL: no error so far */
} ExportCall;

static void
export_call_free(ExportCall *call)
{
    if (call->work)
        job_work_unref(&call->work->parent);
    g_clear_error(&call->error);
    g_strfreev(call->flags.domains);
    g_free(call->flags.snapshot);
    g_free(call->owner);
    g_free(call->path);
    g_free(call);
}

static void
export_call_fail(ExportCall *call, const GError *error)
{
    access_return_error(call->invocation, error);
    export_call_free(call);
}

/* Takes the names of domains that are exported without a collection, and of their snapshot. */
static gboolean
take_domains(const ExportCall *call, const char *path, gboolean live, char **snapshot,
             GError **error)
{
    const char *named = call->flags.snapshot;

    if (!g_str_equal(path, "/")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' and the option 'domains': name a collection or domains, not both"),
                    path);
        return FALSE;
    }
    if (!named && !live) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("No snapshot is named; only a live export needs none"));
        return FALSE;
    }
    if (named && !name_check(named, _("snapshot"), error))
        return FALSE;
    *snapshot = g_strdup(named);

    return TRUE;
}

/* A live export needs no snapshot: it may name its collection, and is named after the time then. */
static gboolean
parse_subject(const ExportCall *call, const char *path, const VirtSnapExportSettings *settings,
              char **collection, char **snapshot, GError **error)
{
    gboolean live = settings->live != VIRT_SNAP_LIVE_NO;

    if (call->flags.domains)
        return take_domains(call, path, live, snapshot, error);
    if (call->flags.snapshot) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The option 'snapshot' is for that of 'domains'"));
        return FALSE;
    }
    if (!live || !g_str_has_prefix(path, BUS_COLLECTIONS "/"))
        return bus_path_parse_snapshot(path, collection, snapshot, error);
    *collection = bus_path_parse_collection(path, error);

    return *collection != NULL;
}

/* Takes "domains" out of @options, the only one that is a list. Returns: the others, owned by the
 * caller. */
static GVariant *
take_domain_names(ExportFlags *flags, GVariant *options, GError **error)
{
    g_auto(GVariantDict) others = G_VARIANT_DICT_INIT(options);
    g_autoptr(GVariant) names = g_variant_dict_lookup_value(&others, "domains", NULL);

    if (names && !g_variant_is_of_type(names, G_VARIANT_TYPE_STRING_ARRAY)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The option '%s' takes an array of strings, not '%s'"), "domains",
                    g_variant_get_type_string(names));
        return NULL;
    }
    if (names && g_variant_n_children(names) > 0)
        flags->domains = g_variant_dup_strv(names, NULL);
    g_variant_dict_remove(&others, "domains");

    return g_variant_ref_sink(g_variant_dict_end(&others));
}

static gboolean
parse_export_options(ExportCall *call, GVariant *dictionary, GError **error)
{
    ExportFlags *flags = &call->flags;
    const BusOption known[] = {
        {"wait", &flags->wait, NULL},
        {"resume", &flags->resume, NULL},
        {"snapshot", NULL, &flags->snapshot},
        {NULL, NULL, NULL},
    };
    g_autoptr(GVariant) others = take_domain_names(flags, dictionary, error);

    return others && bus_options_parse(others, call->plan ? known + 2 : known, error);
}

/* Makes the work of a call. The collection is read now, and not when the job starts. */
static ExportWork *
parse_export_call(ExportCall *call, GError **error)
{
    g_autoptr(GVariant) dictionary = NULL;
    g_autoptr(VirtSnapExportSettings) settings = NULL;
    g_autofree char *collection = NULL;
    g_autofree char *snapshot = NULL;
    const char *path;
    const char *directory;
    const char *text;
    Members *members;
    ExportPlace *place;

    g_variant_get(g_dbus_method_invocation_get_parameters(call->invocation), "(&o&s&s@a{sv})",
                  &path, &directory, &text, &dictionary);
    if (!parse_export_options(call, dictionary, error))
        return NULL;
    settings = parse_settings(text, error);
    if (!settings || !parse_subject(call, path, settings, &collection, &snapshot, error) ||
        !path_check_plain(directory, error))
        return NULL;
    members = members_new(collection, call->flags.domains, error);

    if (!members)
        return NULL;
    place = export_place_new(directory, NULL, snapshot, settings->subdirectory);

    return export_work_new(collection, members, place, g_steal_pointer(&settings));
}

/* Checks the parameters now, so that a wrong call fails at once instead of creating a job that
 * fails. It runs in a thread, because the store may be locked. */
static void
check_export_call(gpointer data)
{
    ExportCall *call = data;

    call->uid = access_caller_uid(call->invocation);
    call->owner = access_user_name(call->uid);
    call->work = parse_export_call(call, &call->error);
}

/* A directory that the settings name is read from, or written to, by the service with its own
 * rights: it is allowed where an export would be. */
static gboolean
may_use_directory(const ExportCall *call, const char *setting, const char *directory,
                  GError **error)
{
    g_autoptr(ExportPlace) place = NULL;

    if (!directory || !g_path_is_absolute(directory))
        return TRUE;
    if (path_check_plain(directory, error)) {
        place = export_place_new(directory, NULL, NULL, TRUE);
        if (service_config_may_export(call->self->config, call->uid, place, call->self->session,
                                      error))
            return TRUE;
    }
    g_prefix_error(error, _("Setting '%s': "), setting);

    return FALSE;
}

/* Checks the target, in a thread of its own kind, because it hangs if the file system of the target
 * hangs. */
static void
check_export_target(gpointer data)
{
    ExportCall *call = data;
    const ExportWork *work = call->work;
    const VirtSnapExportSettings *settings = work->settings;
    gboolean allowed = service_config_may_export(call->self->config, call->uid, work->place,
                                                 call->self->session, &call->error) &&
                       may_use_directory(call, "base", settings->base, &call->error) &&
                       may_use_directory(call, "scratch", settings->scratch, &call->error);

    if (allowed && !export_work_check(work, &call->device, &call->error))
        g_debug("%s", call->error->message);
}

static void
on_export_ended(const GError *error, gpointer data)
{
    ExportCall *call = data;

    if (error) {
        export_call_fail(call, error);
        return;
    }
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uo)", RESULT_DONE, call->path));
    export_call_free(call);
}

static void
on_export_started(const char *path, const GError *error, gpointer data)
{
    ExportCall *call = data;

    if (!path) {
        export_call_fail(call, error);
        return;
    }
    call->path = g_strdup(path);
    if (call->flags.wait)
        return;
    g_dbus_method_invocation_return_value(call->invocation,
                                          g_variant_new("(uo)", RESULT_JOB_STARTED, path));
    export_call_free(call);
}

static void
on_export_target_checked(gpointer data)
{
    ExportCall *call = data;
    const JobOrder order = {.work = &call->work->parent,
                            .uid = call->uid,
                            .owner = call->owner,
                            .starter =
                                g_dbus_method_invocation_get_sender(call->invocation),
                            .device = call->device,
                            .resume = call->flags.resume,
                            .started = on_export_started,
                            .ended = call->flags.wait ? on_export_ended : NULL,
                            .data = call};

    if (call->error)
        export_call_fail(call, call->error);
    else
        job_service_start(call->self->jobs, &order);
}

static void
on_export_call_checked(gpointer data)
{
    ExportCall *call = data;

    if (!call->error && work_pending(WORK_TARGET) >= TARGETS_WAITED_FOR)
        g_set_error(&call->error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("%u calls wait for file systems or for libvirt already; see which of them "
                      "does not answer"),
                    TARGETS_WAITED_FOR);
    if (call->error)
        export_call_fail(call, call->error);
    else
        work_run(WORK_TARGET, NULL, check_export_target, on_export_target_checked, call);
}

/* The call is processed in the lane of its sender, after earlier changes of collections by the same
 * sender. */
static void
on_export_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    ExportCall *call = g_new0(ExportCall, 1);

    call->self = data;
    call->invocation = invocation;
    work_run(WORK_STORE, g_dbus_method_invocation_get_sender(invocation), check_export_call,
             on_export_call_checked, call);
}

static gboolean
on_export(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
          const char *snapshot_collection, const char *directory, const char *settings,
          GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_EXPORT, on_export_granted, self, NULL);

    return TRUE;
}

/* --- PlanExport --------------------------------------------------------------- */

/* Takes the work out of a call whose parameters were right. Frees the call. */
static JobWork *
take_planned_work(ExportCall *call, GError **error)
{
    JobWork *work = NULL;

    if (call->error)
        g_propagate_error(error, g_steal_pointer(&call->error));
    else
        work = &g_steal_pointer(&call->work)->parent;
    export_call_free(call);

    return work;
}

static JobWork *
make_export_plan(JobCall *planned, GError **error)
{
    ExportCall *call = g_new0(ExportCall, 1);

    call->self = planned->data;
    call->invocation = planned->invocation;
    call->plan = TRUE;
    check_export_call(call);
    if (!call->error)
        check_export_target(call);

    return take_planned_work(call, error);
}

static void
on_plan_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const SnapshotService *self = data;

    plan_call_begin(invocation, self->jobs, make_export_plan, self);
}

static gboolean
on_plan(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
        const char *snapshot_collection, const char *directory, const char *settings,
        GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_EXPORT, on_plan_granted, self, NULL);

    return TRUE;
}

/* --- constructor and destructor --------------------------------------------- */

SnapshotService *
snapshot_service_new(BusObjectSkeleton *object, JobService *jobs, const ServiceConfig *config,
                     gboolean session)
{
    SnapshotService *self = g_new0(SnapshotService, 1);
    g_autoptr(BusCollectionSnapshotService) bus = bus_collection_snapshot_service_skeleton_new();

    *self = (SnapshotService){jobs, config, session,
                              exports_service_new(bus, config, session),
                              import_service_new(bus, jobs, config, session),
                              prune_service_new(bus, config, session),
                              verify_service_new(bus, jobs, config, session)};
    bus_collection_snapshot_service_set_version(bus, PACKAGE_VERSION);
    g_signal_connect(bus, "handle-export-snapshot", G_CALLBACK(on_export), self);
    g_signal_connect(bus, "handle-plan-export", G_CALLBACK(on_plan), self);
    create_service_connect(bus, jobs);
    set_service_connect(bus, jobs);
    bus_object_skeleton_set_collection_snapshot_service(object, bus);

    return self;
}

void
snapshot_service_free(SnapshotService *self)
{
    if (!self)
        return;
    exports_service_free(self->exports);
    import_service_free(self->imports);
    prune_service_free(self->prunes);
    verify_service_free(self->verifications);
    g_free(self);
}
