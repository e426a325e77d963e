/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/job-show.h"
#include "cli/job-started.h"
#include "cli/output.h"
#include "cli/service.h"

static int
tell_started(CliContext *cli, BusJob *job)
{
    const char *number = job_show_number(job);
    JsonObject *result;

    cli_message(cli, _("Job %s started; 'virtsnap job-wait %s' shows how it goes"), number, number);
    if (cli->globals.json) {
        result = json_object_new();
        json_object_set_int_member(result, "result", JOB_STARTED);
        json_object_set_int_member(result, "job", g_ascii_strtoll(number, NULL, 10));
        cli_result(cli, result);
    }

    return CLI_DONE;
}

static int
tell_job_done(CliContext *cli, BusJob *job, const char *done)
{
    g_autofree char *path = text_printable(bus_job_get_export_directory(job));
    g_auto(GStrv) parts = g_strsplit(done, "%s", 2);
    JsonObject *result;

    cli_message(cli, "%s%s%s", parts[0], path, parts[1] ? parts[1] : "");
    if (cli->globals.json) {
        result = job_show_json(job);
        json_object_set_int_member(result, "result", 0);
        cli_result(cli, result);
    }

    return CLI_DONE;
}

int
job_started(CliContext *cli, const char *path, const GError *why,
            const JobStartedOptions *options)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = path ? cli_service_job(cli, path, &error) : NULL;
    gboolean done;

    if (!job)
        return cli_fail(cli, path ? error : why);
    if (options->async)
        return tell_started(cli, job);
    done = job_follow(cli, job, options->progress, TRUE, &error);
    if (options->ended)
        return options->ended(cli, job, error, options->data);
    if (!done)
        return cli_fail(cli, error);

    return tell_job_done(cli, job, options->done);
}

gboolean
job_unserved(const char *what, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("The service does not do this: %s, or leave out --service and --async"), what);

    return FALSE;
}
