/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/import-request.h"
#include "cli/job-started.h"
#include "cli/service.h"

/* The path of the job, or NULL. */
static char *
start_import(CliContext *cli, const ImportRequest *request, GError **error)
{
    g_autofree char *xml = import_settings_format(request->settings);
    g_autoptr(GVariant) answer = NULL;
    GVariantDict options;
    char *job;

    g_variant_dict_init(&options, NULL);
    g_variant_dict_insert(&options, "to", "s", request->directory);
    if (request->options->resume)
        g_variant_dict_insert(&options, "resume", "b", TRUE);
    answer = cli_service_call(cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "ImportExport",
                              g_variant_new("(ss@a{sv})", request->path, xml,
                                            g_variant_dict_end(&options)),
                              G_VARIANT_TYPE("(uo)"), error);
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
    g_autofree char *path = start_import(cli, request, &error);

    return job_started(cli, path, error, &options);
}
