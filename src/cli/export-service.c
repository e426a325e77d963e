/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/export-request.h"
#include "cli/job-started.h"
#include "cli/plan-show.h"
#include "cli/service.h"

static GVariant *
options_of(const ExportRequest *request)
{
    const char *const *domains = (const char *const *)request->domains;
    const char *snapshot = request->place->snapshot;
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    if (request->options->resume && !request->dry_run)
        g_variant_dict_insert(&options, "resume", "b", TRUE);
    if (!domains)
        return g_variant_dict_end(&options);
    g_variant_dict_insert_value(&options, "domains", g_variant_new_strv(domains, -1));
    g_variant_dict_insert(&options, "snapshot", "s", snapshot);

    return g_variant_dict_end(&options);
}

/* Returns: (transfer floating): the parameters of ExportSnapshot or PlanExport. */
static GVariant *
export_parameters(const ExportRequest *request)
{
    const ExportPlace *place = request->place;
    g_autofree char *path = request->collection
                                ? bus_path_snapshot(request->collection, place->snapshot)
                                : g_strdup("/");
    g_autofree char *xml = virt_snap_export_settings_format(request->settings);

    return g_variant_new("(oss@a{sv})", path, place->directory, xml, options_of(request));
}

/* Starts the job. Returns: its path, owned by the caller; NULL with an error. */
static char *
start_export_job(CliContext *cli, const ExportRequest *request, GError **error)
{
    g_autoptr(GVariant) answer =
        cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "ExportSnapshot",
                         export_parameters(request), G_VARIANT_TYPE("(uo)"), error);
    char *job;

    if (!answer)
        return NULL;
    g_variant_get(answer, "(uo)", NULL, &job);

    return job;
}

int
export_service(CliContext *cli, const ExportRequest *request)
{
    const JobStartedOptions options = {.async = request->options->async,
                                       .resume = request->options->resume,
                                       .progress = request->progress,
                                       .done = _("Exported to '%s'"),
                                       .place = TRUE};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;

    if (request->dry_run)
        return cli_service_plan(cli, "PlanExport", export_parameters(request), plan_tell);
    path = start_export_job(cli, request, &error);

    return job_started(cli, path, error, &options);
}
