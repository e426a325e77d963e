/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <limits.h>
#include <string.h>

#include "bus/bus-path.h"
#include "service/access.h"
#include "service/bus-options.h"
#include "service/snapshot-service.h"
#include "util/name.h"
#include "virtsnap/members.h"
#include "virtsnap/target.h"

/* Answers of the method; others are D-Bus errors. */
#define RESULT_DONE 0
#define RESULT_JOB_STARTED 4096

struct SnapshotService {
    JobService *jobs;
    const ServiceConfig *config;
    gboolean session;
};

/* --- what a caller sends ---------------------------------------------------- */

static gboolean
refuse(GError **error, const char *format, const char *what)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER, format, what);

    return FALSE;
}

/* The options of ExportSnapshot, all of them booleans. */
typedef struct {
    gboolean wait;
    gboolean resume;
} ExportFlags;

static gboolean
check_directory(const char *directory, GError **error)
{
    if (!path_check(directory, error))
        return FALSE;
    if (!g_path_is_absolute(directory))
        return refuse(error, _("The directory '%s' is not an absolute path"), directory);
    if (strlen(directory) >= PATH_MAX)
        return refuse(error, _("The path of the directory '%.40s…' is too long"), directory);
    /* Its record is XML, which cannot say these. */
    for (const char *c = directory; *c; c++) {
        if (g_ascii_iscntrl(*c))
            return refuse(error, _("The path '%s' has control characters; choose another"),
                          directory);
    }

    return TRUE;
}

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

/* What can be said now is said now, and not by a job that fails. */
static gboolean
check_subject(const JobSubject *subject, GError **error)
{
    g_autoptr(Members) members = members_new(subject->collection, NULL, error);
    g_autoptr(Target) target = NULL;

    if (members)
        target = target_new(subject->directory, subject->collection, subject->snapshot,
                            subject->settings->subdirectory, error);

    return target != NULL;
}

static JobSubject *
parse_subject(const SnapshotService *self, GVariant *parameters, guint uid, ExportFlags *flags,
              GError **error)
{
    const BusOption known[] = {
        {"wait", &flags->wait}, {"resume", &flags->resume}, {NULL, NULL}};
    g_autoptr(JobSubject) subject = job_subject_new();
    g_autoptr(GVariant) dictionary = NULL;
    const char *path;
    const char *settings;

    g_variant_get(parameters, "(&os&s@a{sv})", &path, &subject->directory, &settings,
                  &dictionary);
    if (!bus_options_parse(dictionary, known, error) ||
        !bus_path_parse_snapshot(path, &subject->collection, &subject->snapshot, error) ||
        !check_directory(subject->directory, error))
        return NULL;
    virt_snap_export_settings_free(subject->settings);
    subject->settings = parse_settings(settings, error);
    if (!subject->settings ||
        !service_config_may_export(self->config, uid, subject->directory,
                                   subject->settings->subdirectory, self->session, error) ||
        !check_subject(subject, error))
        return NULL;

    return g_steal_pointer(&subject);
}

/* --- ExportSnapshot --------------------------------------------------------- */

typedef struct {
    GDBusMethodInvocation *invocation;
    char *path; /* of the job */
} Waiting;

static void
on_ended(const GError *error, gpointer data)
{
    Waiting *waiting = data;

    if (error)
        access_return_error(waiting->invocation, error);
    else
        g_dbus_method_invocation_return_value(
            waiting->invocation, g_variant_new("(uo)", RESULT_DONE, waiting->path));
    g_free(waiting->path);
    g_free(waiting);
}

static void
export_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    const SnapshotService *self = data;
    guint uid = access_caller_uid(invocation);
    ExportFlags flags = {0};
    g_autoptr(GError) error = NULL;
    g_autoptr(JobSubject) subject = parse_subject(
        self, g_dbus_method_invocation_get_parameters(invocation), uid, &flags, &error);
    Waiting *waiting = flags.wait && subject ? g_new0(Waiting, 1) : NULL;
    const char *path = NULL;

    if (waiting)
        waiting->invocation = invocation;
    if (subject)
        path = job_service_start(self->jobs, subject, uid, flags.resume,
                                 waiting ? on_ended : NULL, waiting, &error);
    if (!path) {
        g_free(waiting);
        access_return_error(invocation, error);
    } else if (waiting) {
        waiting->path = g_strdup(path);
    } else {
        g_dbus_method_invocation_return_value(invocation,
                                              g_variant_new("(uo)", RESULT_JOB_STARTED, path));
    }
}

static gboolean
on_export(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
          const char *snapshot_collection, const char *directory, const char *settings,
          GVariant *options, gpointer self)
{
    access_check(invocation, ACTION_EXPORT, export_granted, self, NULL);

    return TRUE;
}

/* --- what is still to come -------------------------------------------------- */

static void
not_supported_granted(GDBusMethodInvocation *invocation, gpointer data)
{
    g_autoptr(GError) error =
        g_error_new(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("%s is not supported yet"),
                    g_dbus_method_invocation_get_method_name(invocation));

    access_return_error(invocation, error);
}

static gboolean
not_supported(GDBusMethodInvocation *invocation)
{
    access_check(invocation, ACTION_MANAGE_SNAPSHOTS, not_supported_granted, NULL, NULL);

    return TRUE;
}

static gboolean
on_create(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
          const char *collection, const char *settings, guint16 type, gpointer self)
{
    return not_supported(invocation);
}

static gboolean
on_other(BusCollectionSnapshotService *bus, GDBusMethodInvocation *invocation,
         const char *snapshot_collection, gpointer self)
{
    return not_supported(invocation);
}

/* --- the whole -------------------------------------------------------------- */

SnapshotService *
snapshot_service_new(BusObjectSkeleton *object, JobService *jobs, const ServiceConfig *config,
                     gboolean session)
{
    SnapshotService *self = g_new0(SnapshotService, 1);
    g_autoptr(BusCollectionSnapshotService) bus = bus_collection_snapshot_service_skeleton_new();

    *self = (SnapshotService){jobs, config, session};
    bus_collection_snapshot_service_set_version(bus, PACKAGE_VERSION);
    g_signal_connect(bus, "handle-export-snapshot", G_CALLBACK(on_export), self);
    g_signal_connect(bus, "handle-create-snapshot", G_CALLBACK(on_create), self);
    g_signal_connect(bus, "handle-destroy-snapshot", G_CALLBACK(on_other), self);
    g_signal_connect(bus, "handle-apply-snapshot", G_CALLBACK(on_other), self);
    g_signal_connect(bus, "handle-convert-to-reference-point", G_CALLBACK(on_other), self);
    bus_object_skeleton_set_collection_snapshot_service(object, bus);

    return self;
}

void
snapshot_service_free(SnapshotService *self)
{
    g_free(self);
}
