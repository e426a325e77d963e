/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/import-request.h"
#include "cli/import-show.h"
#include "cli/job-started.h"
#include "cli/service.h"

/* Returns: (transfer floating): the parameters of ImportExport or PlanImport. */
static GVariant *
import_parameters(const ImportRequest *request)
{
    g_autofree char *xml = import_settings_format(request->settings);
    GVariantDict options;

    g_variant_dict_init(&options, NULL);
    g_variant_dict_insert(&options, "to", "s", request->directory);
    if (request->options->resume && !request->options->dry_run)
        g_variant_dict_insert(&options, "resume", "b", TRUE);

    return g_variant_new("(ss@a{sv})", request->path, xml, g_variant_dict_end(&options));
}

/* The path of the job, or NULL. */
static char *
start_import(CliContext *cli, const ImportRequest *request, GError **error)
{
    g_autoptr(GVariant) answer =
        cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "ImportExport",
                         import_parameters(request), G_VARIANT_TYPE("(uo)"), error);
    char *job;

    if (!answer)
        return NULL;
    g_variant_get(answer, "(uo)", NULL, &job);

    return job;
}

int
import_service(CliContext *cli, const ImportRequest *request)
{
    const JobStartedOptions options = {.async = request->options->async,
                                       .resume = request->options->resume,
                                       .progress = request->progress,
                                       .done = _("Imported into '%s'"),
                                       .place = TRUE,
                                       .names = (const char *const[]){"collection", NULL, NULL}};
    g_autoptr(GError) error = NULL;
    g_autofree char *path = NULL;

    if (request->options->dry_run)
        return cli_service_plan(cli, "PlanImport", import_parameters(request),
                                import_tell_plan);
    path = start_import(cli, request, &error);

    return job_started(cli, path, error, &options);
}
