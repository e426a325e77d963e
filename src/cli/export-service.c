/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/export-request.h"
#include "cli/job-show.h"
#include "cli/output.h"
#include "cli/service.h"

static gboolean
check_request(const ExportRequest *request, GError **error)
{
    const char *what = NULL;

    if (!request->collection)
        what = _("--domain: define a collection");
    else if (request->dry_run)
        what = "--dry-run";
    if (!what)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The service does not do this: %s, or leave out --service and --async"), what);

    return FALSE;
}

/* The path of the job, or NULL. */
static char *
start(CliContext *cli, const ExportRequest *request, GError **error)
{
    const ExportPlace *place = request->place;
    g_autofree char *path = bus_path_snapshot(request->collection, place->snapshot);
    g_autofree char *xml = virt_snap_export_settings_format(request->settings);
    g_autoptr(GVariant) answer = NULL;
    GVariantDict options;
    guint32 result;
    char *job;

    g_variant_dict_init(&options, NULL);
    if (request->options->resume)
        g_variant_dict_insert(&options, "resume", "b", TRUE);
    answer = cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "ExportSnapshot",
                              g_variant_new("(oss@a{sv})", path, place->directory, xml,
                                            g_variant_dict_end(&options)),
                              G_VARIANT_TYPE("(uo)"), error);
    if (!answer)
        return NULL;
    g_variant_get(answer, "(uo)", &result, &job);

    return job;
}

static int
tell_started(CliContext *cli, BusJob *job)
{
    const char *number = job_show_number(job);
    JsonObject *result;

    cli_message(cli, _("Job %s started; 'virtsnap job-wait %s' shows how it goes"), number, number);
    if (cli->globals.json) {
        result = json_object_new();
        json_object_set_int_member(result, "result", EXPORT_JOB_STARTED);
        json_object_set_int_member(result, "job", g_ascii_strtoll(number, NULL, 10));
        cli_result(cli, result);
    }

    return CLI_DONE;
}

static int
tell_done(CliContext *cli, BusJob *job)
{
    g_autofree char *path = text_printable(bus_job_get_export_directory(job));
    JsonObject *result;

    cli_message(cli, _("Exported to '%s'"), path);
    if (cli->globals.json) {
        result = job_show_json(job);
        json_object_set_int_member(result, "result", 0);
        cli_result(cli, result);
    }

    return CLI_DONE;
}

int
export_service(CliContext *cli, const ExportRequest *request)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path = check_request(request, &error) ? start(cli, request, &error) : NULL;
    g_autoptr(BusJob) job = path ? cli_service_job(cli, path, &error) : NULL;

    if (!job)
        return cli_fail(cli, error);
    if (request->options->async)
        return tell_started(cli, job);
    if (!job_follow(cli, job, request->progress, TRUE, &error))
        return cli_fail(cli, error);

    return tell_done(cli, job);
}
