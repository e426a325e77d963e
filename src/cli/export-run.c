/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/export-request.h"
#include "cli/job-local.h"
#include "cli/output.h"
#include "cli/plan-show.h"
#include "export/export-work.h"
#include "util/format.h"

/* --- messages -------------------------------------------------------------- */

static JsonObject *
export_result_json(const ExportWork *work)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "export", work->path);
    json_set_size(object, "bytes", work->result.bytes);
    json_set_size(object, "copied", work->result.copied);
    json_object_set_int_member(object, "layers", work->result.layers);
    json_object_set_int_member(object, "domains", work->result.domains);
    json_set_texts(object, "warnings", work->result.warnings);

    return object;
}

static void
print_export_done(CliContext *cli, const ExportWork *work)
{
    g_autofree char *path = text_printable(work->path);
    g_autofree char *bytes = format_bytes(work->result.copied);
    g_autofree char *linked = format_bytes(work->result.linked);

    cli_message(cli, _("Exported to '%s': domains: %u, layers: %u, written: %s"), path,
                work->result.domains, work->result.layers, bytes);
    if (work->result.linked > 0)
        cli_message(cli, _("Taken from the base: %s"), linked);
}

static int
print_export_failed(CliContext *cli, const ExportWork *work, const GError *why)
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

static int
print_export_result(CliContext *cli, const ExportWork *work)
{
    GPtrArray *warnings = work->result.warnings;
    g_autoptr(GVariant) plan =
        work->parent.dry_run ? job_work_plan(&work->parent) : NULL;

    if (plan)
        return plan_tell(cli, plan);
    for (guint i = 0; !cli->globals.json && i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
    if (cli->globals.json)
        cli_result(cli, export_result_json(work));
    else
        print_export_done(cli, work);

    return CLI_DONE;
}

/* --- running ---------------------------------------------------------------- */

static int
run_export_work(CliContext *cli, const ExportRequest *request, ExportWork *work)
{
    const JobLocalOptions options = {
        .label = request->place->snapshot,
        .progress = request->dry_run ? PROGRESS_NONE : request->progress,
        .resume = request->options->resume,
        .transfers = TRUE,
    };
    g_autoptr(GError) error = NULL;

    work->parent.dry_run = request->dry_run;
    if (!job_local_run(cli, &work->parent, &options, &error))
        return print_export_failed(cli, work, error);

    return print_export_result(cli, work);
}

int
export_run(CliContext *cli, const ExportRequest *request)
{
    g_autoptr(GError) error = NULL;
    Members *members = members_new(request->collection, request->domains, &error);
    g_autoptr(JobWork) work = NULL;
    ExportWork *export;

    if (!members)
        return cli_fail(cli, error);
    export = export_work_new(request->collection, members, export_place_copy(request->place),
                             virt_snap_export_settings_copy(request->settings));
    work = &export->parent;

    return run_export_work(cli, request, export);
}
