/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/job-local.h"
#include "cli/job-report.h"
#include "cli/job-started.h"
#include "cli/service.h"
#include "cli/verify-run.h"
#include "cli/verify-show.h"
#include "import/verify-findings.h"
#include "import/verify-work.h"
#include "util/format.h"
#include "util/path.h"

/* --- options ------------------------------------------------------------------ */

static gboolean
read_option_number(const char *option, const char *text, guint64 max, guint *number, GError **error)
{
    guint64 value;

    if (!text)
        return TRUE;
    if (g_ascii_string_to_unsigned(text, 10, 1, max, &value, NULL)) {
        *number = (guint)value;
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("%s is '%s'; it is a number from 1 to %u"), option, text, (guint)max);

    return FALSE;
}

static gboolean
read_bytes(const char *option, const char *text, guint64 *bytes, GError **error)
{
    return !text || format_parse_bytes(text, option, bytes, error);
}

static BootSettings *
read_boot_options(const VerifyOptions *options, GError **error)
{
    g_autoptr(BootSettings) settings = boot_settings_new();

    settings->expect = g_strdup(options->expect);
    for (char **word = options->trust; word && *word; word++)
        g_ptr_array_add(settings->trust, g_strdup(*word));
    if (options->scratch)
        settings->scratch = path_canonical(options->scratch);
    if (!read_option_number("--timeout", options->timeout, BOOT_TIMEOUT_MAX, &settings->timeout,
                            error) ||
        !read_option_number("--parallel", options->parallel, BOOT_PARALLEL_MAX, &settings->parallel,
                            error) ||
        !read_bytes("--memory", options->memory, &settings->memory, error) ||
        !boot_settings_check(settings, error))
        return NULL;

    return g_steal_pointer(&settings);
}

static VerifySettings *
read_verify_settings(const VerifyOptions *options, GError **error)
{
    g_autoptr(VerifySettings) settings = verify_settings_new();

    settings->deep = options->deep;
    if (!read_bytes("--bandwidth", options->bandwidth, &settings->bandwidth, error))
        return NULL;
    if (!options->boot)
        return g_steal_pointer(&settings);
    settings->boot = read_boot_options(options, error);

    return settings->boot ? g_steal_pointer(&settings) : NULL;
}

/* --- by this process --------------------------------------------------------------- */

/* A complete request. It owns none of its members. */
typedef struct {
    const char *given; /* the export, as the user named it */
    const char *path;  /* absolute */
    const VerifyOptions *options;
    ProgressMode progress;
} VerifyRequest;

/* A job fails if it has found something wrong, which is a result and no error here. */
static int
verify_here(CliContext *cli, const VerifyRequest *request, VerifySettings *settings)
{
    const JobLocalOptions local = {
        .label = "verify", .progress = request->progress, .transfers = TRUE};
    VerifyWork *work = verify_work_new(request->path, settings);
    g_autoptr(JobWork) owned = &work->parent;
    g_autoptr(GVariant) findings = NULL;
    g_autoptr(GError) error = NULL;

    if (!job_local_run(cli, owned, &local, &error) && !work->finished)
        return cli_fail(cli, error);
    findings = g_variant_ref_sink(verify_findings_format(&work->verification, G_MAXSIZE));

    return verify_show(cli, request->given, findings);
}

/* --- by the service ------------------------------------------------------------------ */

static int
tell_verified(CliContext *cli, BusJob *job, const GError *why, gconstpointer given)
{
    const char *path = g_dbus_proxy_get_object_path(G_DBUS_PROXY(job));
    g_autoptr(GVariant) answer = NULL;
    g_autoptr(GVariant) report = NULL;
    g_autoptr(GError) error = NULL;

    answer = cli_service_call(cli, path, "Job", "GetReport", NULL, G_VARIANT_TYPE("(a{sv})"),
                              &error);
    if (!answer)
        return cli_fail(cli, why ? why : error);
    report = g_variant_get_child_value(answer, 0);
    /* Without it the verification did not come to its end. */
    if (why && !g_variant_lookup(report, "ok", "b", NULL)) {
        job_report_warn(report);
        return cli_fail(cli, why);
    }

    return verify_show(cli, given, report);
}

/* Returns: the path of the job, or NULL. */
static char *
start_verify(CliContext *cli, const char *path, const VerifySettings *settings, GError **error)
{
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "VerifyExport",
        g_variant_new("(s@a{sv})", path, verify_settings_format(settings)),
        G_VARIANT_TYPE("(uo)"), error);
    char *job = NULL;

    if (answer)
        g_variant_get(answer, "(uo)", NULL, &job);

    return job;
}

static int
verify_by_service(CliContext *cli, const VerifyRequest *request, const VerifySettings *settings)
{
    const JobStartedOptions started = {
        .async = request->options->async,
        .progress = request->progress,
        .ended = tell_verified,
        .data = request->given,
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *job = start_verify(cli, request->path, settings, &error);

    return job_started(cli, job, error, &started);
}

/* --- the command ---------------------------------------------------------------------- */

static gboolean
needs_boot(const VerifyOptions *options)
{
    return options->timeout || options->expect || options->trust || options->memory ||
           options->parallel || options->scratch;
}

int
run_verify(CliContext *cli, const CommandLine *line)
{
    const VerifyOptions *options = line->options;
    g_autofree char *path = path_canonical(line->args[0]);
    VerifyRequest request = {.given = line->args[0], .path = path, .options = options};
    g_autoptr(VerifySettings) settings = NULL;
    g_autoptr(GError) error = NULL;

    if (!options->boot && needs_boot(options))
        return cli_usage(cli, _("verify: --timeout, --expect, --trust, --memory, --parallel and "
                                "--scratch are for --boot"));
    if (!progress_mode_parse(options->progress, &request.progress, &error))
        return cli_fail(cli, error);
    settings = read_verify_settings(options, &error);
    if (!settings)
        return cli_fail_options(cli, error);
    /* Only a job of the service outlives its command. */
    if (cli->globals.service || options->async)
        return verify_by_service(cli, &request, settings);

    return verify_here(cli, &request, g_steal_pointer(&settings));
}
