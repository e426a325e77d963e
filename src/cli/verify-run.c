/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "archive/verify.h"
#include "cli/job-local.h"
#include "cli/output.h"
#include "cli/verify-run.h"
#include "cli/verify-show.h"
#include "import/boot-work.h"
#include "util/format.h"
#include "util/path.h"

/* As long as a night: what takes longer will not come. */
#define TIMEOUT_MAX (12 * 3600)
#define PARALLEL_MAX 64

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
read_memory(const char *text, guint64 *bytes, GError **error)
{
    return !text || format_parse_bytes(text, "--memory", bytes, error);
}

static BootSettings *
read_options(const VerifyOptions *options, GError **error)
{
    g_autoptr(BootSettings) settings = boot_settings_new();

    settings->expect = g_strdup(options->expect);
    for (char **word = options->trust; word && *word; word++)
        g_ptr_array_add(settings->trust, g_strdup(*word));
    if (options->scratch)
        settings->scratch = path_canonical(options->scratch);
    if (!read_option_number("--timeout", options->timeout, TIMEOUT_MAX, &settings->timeout,
                            error) ||
        !read_option_number("--parallel", options->parallel, PARALLEL_MAX, &settings->parallel,
                            error) ||
        !read_memory(options->memory, &settings->memory, error) ||
        !boot_settings_check(settings, error))
        return NULL;

    return g_steal_pointer(&settings);
}

/* --- telling ------------------------------------------------------------------- */

static JsonObject *
verdict_json(const BootVerdict *verdict)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "name", verdict->name);
    json_object_set_boolean_member(object, "booted", verdict->booted);
    if (verdict->booted)
        json_set_text(object, "by", verdict->by);
    json_object_set_int_member(object, "seconds", verdict->seconds);
    if (!verdict->booted)
        json_set_text(object, "why", verdict->why);

    return object;
}

static void
tell_json(CliContext *cli, const BootWork *work)
{
    JsonObject *object = verify_report_json(work->verify.files);
    JsonArray *domains = json_array_new();

    json_object_set_boolean_member(object, "ok", boot_verify_ok(&work->verify));
    for (guint i = 0; i < work->verify.domains->domains->len; i++)
        json_array_add_object_element(
            domains, verdict_json(g_ptr_array_index(work->verify.domains->domains, i)));
    json_object_set_array_member(object, "domains", domains);
    json_set_texts(object, "warnings", work->verify.domains->warnings);
    cli_result(cli, object);
}

static const char *
sign_text(const char *by)
{
    if (g_str_equal(by, "agent"))
        return _("its guest agent answered");
    if (g_str_equal(by, "console"))
        return _("its console showed what was expected");

    return _("it ran all the time without a reset");
}

static void
tell_verdict(const BootVerdict *verdict)
{
    g_autofree char *name = text_printable(verdict->name);
    g_autofree char *why = verdict->why ? text_printable(verdict->why) : NULL;

    if (verdict->booted)
        printf(_("%s: boots: %s, after %u s\n"), name, sign_text(verdict->by), verdict->seconds);
    else
        printf(_("%s: does not boot: after %u s %s\n"), name, verdict->seconds, why);
}

static void
tell_text(CliContext *cli, const BootWork *work)
{
    for (guint i = 0; i < work->verify.domains->warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(work->verify.domains->warnings, i));
    verify_report_print(cli, work->path, work->verify.files);
    for (guint i = 0; i < work->verify.domains->domains->len; i++)
        tell_verdict(g_ptr_array_index(work->verify.domains->domains, i));
}

static int
verify_boot(CliContext *cli, const char *export, const VerifyOptions *options)
{
    JobLocalOptions local = {.label = "verify", .progress = PROGRESS_AUTO};
    g_autofree char *path = path_canonical(export);
    g_autoptr(GError) error = NULL;
    BootSettings *settings = read_options(options, &error);
    g_autoptr(JobWork) work = NULL;

    if (!settings)
        return cli_fail(cli, error);
    work = &boot_work_new(path, options->deep, settings)->parent;
    if (!job_local_run(cli, work, &local, &error))
        return cli_fail(cli, error);
    if (cli->globals.json)
        tell_json(cli, (BootWork *)work);
    else
        tell_text(cli, (BootWork *)work);

    return boot_verify_ok(&((BootWork *)work)->verify) ? CLI_DONE : CLI_FAILED;
}

/* --- the command ------------------------------------------------------------------ */

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
    g_autoptr(GError) error = NULL;
    g_autoptr(Control) control = NULL;
    g_autoptr(VerifyReport) report = NULL;

    if (options->boot)
        return verify_boot(cli, line->args[0], options);
    if (needs_boot(options))
        return cli_usage(cli, _("verify: --timeout, --expect, --trust, --memory, --parallel and "
                                "--scratch are for --boot"));
    control = control_new();
    report = verify_export(line->args[0], options->deep, control, &error);
    if (!report)
        return cli_fail(cli, error);
    if (cli->globals.json)
        cli_result(cli, verify_report_json(report));
    else
        verify_report_print(cli, line->args[0], report);

    return report->problems->len == 0 ? CLI_DONE : CLI_FAILED;
}
