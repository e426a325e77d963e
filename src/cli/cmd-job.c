/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/cmd-groups.h"
#include "cli/job-report.h"
#include "cli/job-show.h"
#include "cli/service.h"
#include "job/job-state.h"
#include "util/format.h"

/* The jobs of virtsnapd: those of the command itself end with it. */

typedef struct {
    char *progress;
} WaitOptions;

static const GOptionEntry wait_options[] = {
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, OPTION_MEMBER(WaitOptions, progress),
     N_("how to show progress on standard error"), "auto|bar|json|none"},
    {NULL},
};

static const CommandArg job_args[] = {
    {"JOB", TRUE, FALSE, COMPLETE_JOB},
    {NULL},
};

static const CommandArg speed_args[] = {
    {"JOB", TRUE, FALSE, COMPLETE_JOB},
    {"RATE", TRUE, FALSE, COMPLETE_NOTHING},
    {NULL},
};

static int
run_job_list(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) jobs = cli_service_jobs(cli, &error);
    JsonObject *result;
    JsonArray *array;

    if (!jobs)
        return cli_fail(cli, error);
    if (!cli->globals.json) {
        job_show_list(cli, jobs);
        return CLI_DONE;
    }
    result = json_object_new();
    array = json_array_new();
    for (guint i = 0; i < jobs->len; i++)
        json_array_add_object_element(array, job_show_json(g_ptr_array_index(jobs, i)));
    json_object_set_array_member(result, "jobs", array);
    cli_result(cli, result);

    return CLI_DONE;
}

static JsonObject *
job_json_with_report(BusJob *job, GVariant *report)
{
    JsonObject *object = job_show_json(job);

    job_report_add(object, report);

    return object;
}

static int
run_info(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = cli_service_job(cli, line->args[0], &error);
    g_autoptr(GVariant) report = job ? job_report_ask(job) : NULL;

    if (!job)
        return cli_fail(cli, error);
    if (cli->globals.json)
        cli_result(cli, job_json_with_report(job, report));
    else
        job_show(job, report);

    return CLI_DONE;
}

static int
tell_waited(CliContext *cli, BusJob *job, const GError *why)
{
    g_autoptr(GVariant) report =
        job_state_is_final(bus_job_get_job_state(job)) ? job_report_ask(job) : NULL;
    const char *what = bus_job_get_export_directory(job);

    /* Not every job has a directory. */
    if (!what || !*what)
        what = bus_job_get_name(job);

    if (why || !cli->globals.json)
        job_report_warn(report);
    if (why)
        return cli_fail(cli, why);
    if (cli->globals.json)
        cli_result(cli, job_json_with_report(job, report));
    else
        cli_message(cli, _("Job %s is complete: '%s'"), job_show_number(job), what);

    return CLI_DONE;
}

static int
run_wait(CliContext *cli, const CommandLine *line)
{
    const WaitOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = NULL;
    ProgressMode mode;
    gboolean done;

    if (!progress_mode_parse(options->progress, &mode, &error))
        return cli_fail(cli, error);
    job = cli_service_job(cli, line->args[0], &error);
    if (!job)
        return cli_fail(cli, error);
    done = job_follow(cli, job, mode, JOB_WATCHED, &error);

    return tell_waited(cli, job, done ? NULL : error);
}

/* --- changes ----------------------------------------------------------------- */

/* Says what was asked of the job. Returns: CLI_DONE. */
static int
tell_job_asked(CliContext *cli, BusJob *job, const char *format)
{
    JsonObject *result;

    if (cli->globals.json) {
        result = json_object_new();
        json_object_set_int_member(result, "result", 0);
        json_object_set_int_member(result, "job",
                                   g_ascii_strtoll(job_show_number(job), NULL, 10));
        cli_result(cli, result);
    } else {
        cli_message(cli, format, job_show_number(job));
    }

    return CLI_DONE;
}

static int
request_of_job(CliContext *cli, const CommandLine *line, JobRequest what, const char *format)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = cli_service_job(cli, line->args[0], &error);

    if (!job || !cli_service_request(cli, job, what, &error))
        return cli_fail(cli, error);

    return tell_job_asked(cli, job, format);
}

static int
run_suspend(CliContext *cli, const CommandLine *line)
{
    return request_of_job(cli, line, JOB_REQUEST_SUSPEND, _("Job %s is suspended"));
}

static int
run_resume(CliContext *cli, const CommandLine *line)
{
    return request_of_job(cli, line, JOB_REQUEST_START, _("Job %s was resumed"));
}

static int
run_terminate(CliContext *cli, const CommandLine *line)
{
    return request_of_job(cli, line, JOB_REQUEST_TERMINATE,
                          _("Job %s ends; what it has copied stays, for 'virtsnap job-resume'"));
}

static int
run_kill(CliContext *cli, const CommandLine *line)
{
    return request_of_job(cli, line, JOB_REQUEST_KILL, _("Job %s ends, and nothing of it stays"));
}

static int
run_speed(CliContext *cli, const CommandLine *line)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(BusJob) job = NULL;
    g_autoptr(GVariant) answer = NULL;
    guint64 rate;

    if (!format_parse_bytes(line->args[1], "RATE", &rate, &error))
        return cli_fail_options(cli, error);
    job = cli_service_job(cli, line->args[0], &error);
    if (!job)
        return cli_fail(cli, error);
    answer = cli_service_call(cli, g_dbus_proxy_get_object_path(G_DBUS_PROXY(job)), "Job",
                              "SetSpeed", g_variant_new("(t)", rate), NULL, &error);
    if (!answer)
        return cli_fail(cli, error);

    return tell_job_asked(cli, job, _("The speed of job %s is set"));
}

static const Command commands[] = {
    {
        .name = "job-list",
        .run_service = run_job_list,
        .summary = N_("list the jobs of the service"),
        .description = N_("Lists the jobs that virtsnapd has, also those that ended not long ago "
                          "and those that were interrupted and can be resumed."),
    },
    {
        .name = "job-info",
        .run_service = run_info,
        .summary = N_("show all about a job"),
        .description = N_("Prints the state of JOB, how far it is, on the whole and with each "
                          "disk, and why it failed if it has."),
        .args = job_args,
    },
    {
        .name = "job-wait",
        .run_service = run_wait,
        .summary = N_("wait for the end of a job"),
        .description = N_("Shows the progress of JOB until it ends. The exit status is 0 if it "
                          "ends well. Ctrl-C ends the waiting, not the job."),
        .args = job_args,
        .options = wait_options,
        .options_size = sizeof(WaitOptions),
    },
    {
        .name = "job-suspend",
        .run_service = run_suspend,
        .summary = N_("let a job pause"),
        .description = N_("The transfers of JOB stop within a second, and nothing of them is "
                          "lost. 'job-resume' resumes them."),
        .args = job_args,
    },
    {
        .name = "job-resume",
        .run_service = run_resume,
        .summary = N_("resume a job that is suspended or was interrupted"),
        .description = N_("Resumes JOB after 'job-suspend' or 'job-terminate', or after a "
                          "crash: what was copied before is not copied again."),
        .args = job_args,
    },
    {
        .name = "job-terminate",
        .run_service = run_terminate,
        .summary = N_("end a job, keeping what it has copied"),
        .description = N_("Ends JOB in order. What it has copied stays in the partial "
                          "directory, and 'job-resume' or an export with --resume resumes it "
                          "there."),
        .args = job_args,
    },
    {
        .name = "job-kill",
        .run_service = run_kill,
        .summary = N_("end a job at once, leaving nothing"),
        .description = N_("Ends JOB at once and removes what it has copied."),
        .args = job_args,
    },
    {
        .name = "job-speed",
        .run_service = run_speed,
        .summary = N_("limit the speed of a job"),
        .description = N_("From now on JOB reads at most RATE bytes a second; K, M and G are "
                          "understood, and 0 means no limit."),
        .args = speed_args,
    },
    {NULL},
};

const CommandGroup cmd_job_group = {"jobs", N_("Jobs"), commands};
