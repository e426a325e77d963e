/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/job-show.h"
#include "cli/output.h"
#include "cli/service.h"
#include "cli/snapshot-service.h"

/* @options: a{sv}, floating. Returns: the job, or NULL. */
static BusJob *
start_set_job(CliContext *cli, const char *method, const char *collection, const char *snapshot,
              GVariant *options, GError **error)
{
    g_autofree char *path = bus_path_snapshot(collection, snapshot);
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", method,
        g_variant_new("(o@a{sv})", path, options), G_VARIANT_TYPE("(uo)"), error);
    g_autofree char *job = NULL;
    guint32 result;

    if (!answer)
        return NULL;
    g_variant_get(answer, "(uo)", &result, &job);

    return cli_service_job(cli, job, error);
}

static int
follow_set_job(CliContext *cli, BusJob *job, ProgressMode progress, const char *done)
{
    g_autoptr(GError) error = NULL;
    JsonObject *result;

    if (!job_follow(cli, job, progress, TRUE, &error))
        return cli_fail(cli, error);
    cli_message(cli, "%s", done);
    if (cli->globals.json) {
        result = job_show_json(job);
        json_object_set_int_member(result, "result", 0);
        cli_result(cli, result);
    }

    return CLI_DONE;
}

int
snapshot_service_delete(CliContext *cli, const char *collection, const char *snapshot,
                        gboolean metadata, ProgressMode progress)
{
    g_autofree char *done =
        g_strdup_printf(_("Snapshot set '%s' of '%s' removed"), snapshot, collection);
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = NULL;
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    if (metadata)
        g_variant_dict_insert(&options, "metadata", "b", TRUE);
    job = start_set_job(cli, "DestroySnapshot", collection, snapshot, g_variant_dict_end(&options),
                        &error);

    return job ? follow_set_job(cli, job, progress, done) : cli_fail(cli, error);
}

int
snapshot_service_apply(CliContext *cli, const char *collection, const char *snapshot,
                       gboolean discard, gboolean start_all, gboolean paused,
                       ProgressMode progress)
{
    g_autofree char *done =
        g_strdup_printf(_("'%s' is as it was at '%s'"), collection, snapshot);
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = NULL;
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    if (discard)
        g_variant_dict_insert(&options, "discard", "b", TRUE);
    if (start_all)
        g_variant_dict_insert(&options, "start", "b", TRUE);
    if (paused)
        g_variant_dict_insert(&options, "paused", "b", TRUE);
    job = start_set_job(cli, "ApplySnapshot", collection, snapshot, g_variant_dict_end(&options),
                        &error);

    return job ? follow_set_job(cli, job, progress, done) : cli_fail(cli, error);
}

int
snapshot_service_create(CliContext *cli, const char *collection, const char *snapshot,
                        const char *settings, guint16 type)
{
    g_autofree char *done = g_strdup_printf(_("Snapshot collection '%s' made"), snapshot);
    g_autofree char *path = bus_path_collection(collection);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "CreateSnapshot",
        g_variant_new("(osq)", path, settings, type), G_VARIANT_TYPE("(uoo)"), &error);
    g_autoptr(BusJob) job = NULL;
    const char *job_path;

    if (!answer)
        return cli_fail(cli, error);
    g_variant_get(answer, "(uo&o)", NULL, NULL, &job_path);
    job = cli_service_job(cli, job_path, &error);

    return job ? follow_set_job(cli, job, PROGRESS_NONE, done) : cli_fail(cli, error);
}

int
reference_service_convert(CliContext *cli, const char *collection, const char *snapshot,
                          ProgressMode progress)
{
    g_autofree char *done = g_strdup_printf(
        _("Snapshot set '%s' of '%s' is a reference point now"), snapshot, collection);
    g_autofree char *path = bus_path_snapshot(collection, snapshot);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "ConvertToReferencePoint",
        g_variant_new("(oa{sv})", path, NULL), G_VARIANT_TYPE("(uso)"), &error);
    g_autoptr(BusJob) job = NULL;
    const char *job_path;

    if (!answer)
        return cli_fail(cli, error);
    g_variant_get(answer, "(u&s&o)", NULL, NULL, &job_path);
    job = cli_service_job(cli, job_path, &error);

    return job ? follow_set_job(cli, job, progress, done) : cli_fail(cli, error);
}

int
reference_service_change(CliContext *cli, const char *method, const char *collection,
                         const char *name, const char *done)
{
    g_autofree char *path = bus_path_collection(collection);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", method,
        g_variant_new("(osa{sv})", path, name, NULL), G_VARIANT_TYPE("(uo)"), &error);
    g_autoptr(BusJob) job = NULL;
    const char *job_path;

    if (!answer)
        return cli_fail(cli, error);
    g_variant_get(answer, "(u&o)", NULL, &job_path);
    job = cli_service_job(cli, job_path, &error);

    return job ? follow_set_job(cli, job, PROGRESS_NONE, done) : cli_fail(cli, error);
}
