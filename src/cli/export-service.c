/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/export-request.h"
#include "cli/job-started.h"
#include "cli/service.h"

/* Starts the job. Returns: its path, owned by the caller; NULL with an error. */
static char *
start_export_job(CliContext *cli, const ExportRequest *request, GError **error)
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

int
export_service(CliContext *cli, const ExportRequest *request)
{
    const JobStartedOptions options = {.async = request->options->async,
                                       .resume = request->options->resume,
                                       .progress = request->progress,
                                       .done = _("Exported to '%s'"),
                                       .place = TRUE};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = start_export_job(cli, request, &error);

    return job_started(cli, path, error, &options);
}
