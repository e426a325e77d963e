/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/import-request.h"
#include "cli/import-show.h"
#include "cli/job-local.h"
#include "cli/output.h"
#include "import/import-report.h"
#include "import/import-work.h"
#include "util/format.h"

/* --- messages ----------------------------------------------------------------- */

static int
print_import_failed(CliContext *cli, const ImportWork *work, const GError *why)
{
    g_autoptr(GError) error = NULL;

    if (!work->result.resumable)
        return cli_fail(cli, why);
    error = g_error_new(why->domain, why->code,
                        _("%s; what has been copied is kept: the same command with --resume "
                          "resumes it"),
                        why->message);

    return cli_fail(cli, error);
}

static void
print_import_done(CliContext *cli, const ImportWork *work)
{
    const ImportPlan *plan = work->prepared.plan;
    g_autofree char *directory = text_printable(plan->directory);
    g_autofree char *bytes = format_bytes(work->result.copied);

    cli_message(cli, _("Imported into '%s': domains: %u, written: %s"), directory,
                plan->domains->len, bytes);
}

static int
print_import_result(CliContext *cli, const ImportWork *work)
{
    GPtrArray *warnings = work->result.warnings;
    g_autoptr(GVariant) result =
        g_variant_ref_sink(import_report_findings(work->prepared.plan));

    if (cli->globals.json) {
        cli_result(cli, import_show_json(result, warnings));
        return CLI_DONE;
    }
    for (guint i = 0; i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
    print_import_done(cli, work);

    return CLI_DONE;
}

static int
print_import_plan(CliContext *cli, const ImportWork *work)
{
    g_autoptr(GVariant) plan = job_work_plan(&work->parent);

    return import_tell_plan(cli, plan);
}

/* --- doing -------------------------------------------------------------------- */

int
import_run(CliContext *cli, const ImportRequest *request)
{
    g_autofree char *label = g_path_get_basename(request->path);
    const JobLocalOptions options = {
        .label = label,
        .progress = request->options->dry_run ? PROGRESS_NONE : request->progress,
        .resume = request->options->resume,
        .transfers = TRUE,
    };
    ImportWork *work = import_work_new(request->path, request->directory,
                                       import_settings_copy(request->settings));
    g_autoptr(JobWork) owned = &work->parent;
    g_autoptr(GError) error = NULL;

    owned->dry_run = request->options->dry_run;
    if (!job_local_run(cli, owned, &options, &error))
        return print_import_failed(cli, work, error);

    return owned->dry_run ? print_import_plan(cli, work) : print_import_result(cli, work);
}
