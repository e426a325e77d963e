/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/job-report.h"
#include "cli/job-show.h"
#include "cli/job-started.h"
#include "cli/output.h"
#include "cli/service.h"
#include "job/job-state.h"

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

static void
print_job_done(CliContext *cli, BusJob *job, const JobStartedOptions *options)
{
    g_autofree char *path = text_printable(bus_job_get_export_directory(job));
    g_auto(GStrv) parts = g_strsplit(options->done, "%s", 2);

    if (options->place)
        cli_message(cli, "%s%s%s", parts[0], path, parts[1] ? parts[1] : "");
    else
        cli_message(cli, "%s", options->done);
}

static int
tell_job_done(CliContext *cli, BusJob *job, const JobStartedOptions *options)
{
    g_autoptr(GVariant) report = job_report_ask(job);
    JsonObject *result;

    if (!cli->globals.json) {
        job_report_warn(report);
        print_job_done(cli, job, options);
        return CLI_DONE;
    }
    result = job_show_json(job);
    json_object_set_int_member(result, "result", 0);
    for (const char *const *name = options->names; name && *name; name += 2)
        json_set_text(result, name[0], name[1]);
    job_report_add(result, report);
    cli_result(cli, result);

    return CLI_DONE;
}

/* A job that has failed may have left something, as its warnings say. */
static int
tell_job_failed(CliContext *cli, BusJob *job, const GError *why)
{
    g_autoptr(GVariant) report =
        job_state_is_final(bus_job_get_job_state(job)) ? job_report_ask(job) : NULL;

    job_report_warn(report);

    return cli_fail(cli, why);
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
    done = job_follow(cli, job, options->progress,
                      options->resume ? JOB_RESUMES : JOB_STARTED_HERE, &error);
    if (options->ended)
        return options->ended(cli, job, error, options->data);

    return done ? tell_job_done(cli, job, options) : tell_job_failed(cli, job, error);
}
