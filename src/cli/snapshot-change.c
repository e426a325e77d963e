/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <stdio.h>

#include "cli/apply-show.h"
#include "cli/delete-show.h"
#include "cli/job-local.h"
#include "cli/output.h"
#include "cli/snapshot-change.h"
#include "cli/snapshot-service.h"
#include "settings/settings.h"
#include "snapshot/apply-work.h"
#include "snapshot/delete-work.h"

#define DELETE(member) OPTION_MEMBER(DeleteOptions, member)

const GOptionEntry delete_options[] = {
    {"metadata", 0, 0, G_OPTION_ARG_NONE, DELETE(metadata),
     N_("only have libvirt forget the snapshots; no image is touched"), NULL},
    {"bandwidth", 0, 0, G_OPTION_ARG_FILENAME, DELETE(bandwidth),
     N_("at most this many bytes a second, as 50M"), N_("RATE")},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, DELETE(dry_run),
     N_("show what would be done, and do nothing"), NULL},
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, DELETE(progress),
     N_("how to show progress"), "auto|bar|json|none"},
    {NULL},
};

const GOptionEntry convert_options[] = {
    {"bandwidth", 0, 0, G_OPTION_ARG_FILENAME, DELETE(bandwidth),
     N_("at most this many bytes a second, as 50M"), N_("RATE")},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, DELETE(dry_run),
     N_("show what would be done, and do nothing"), NULL},
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, DELETE(progress),
     N_("how to show progress"), "auto|bar|json|none"},
    {NULL},
};

static gboolean
parse_rate(const char *text, guint64 *rate, GError **error)
{
    g_autoptr(VirtSnapExportSettings) numbers = virt_snap_export_settings_new();

    if (text && !virt_snap_export_settings_set(numbers, "bandwidth", text, error))
        return FALSE;
    *rate = numbers->bandwidth;

    return TRUE;
}

/* Prints the warnings of a run, also of one that failed: it may have recovered what another one
 * left. */
static void
tell_change_warnings(const GPtrArray *warnings)
{
    for (guint i = 0; warnings && i < warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(warnings, i));
}

static int
tell_deleted(CliContext *cli, const DeleteWork *work)
{
    g_autoptr(GVariant) plan = job_work_plan(&work->parent);

    if (work->parent.dry_run)
        return delete_tell_plan(cli, plan);
    if (!cli->globals.json)
        tell_change_warnings(work->warnings);
    if (cli->globals.json)
        cli_result(cli, delete_show_json(plan));
    else if (work->state)
        cli_message(cli, _("Snapshot set '%s' of '%s' is a reference point now"), work->snapshot,
                    work->collection);
    else
        cli_message(cli, _("Snapshot set '%s' of '%s' removed: domains: %u"), work->snapshot,
                    work->collection, work->plan->members->len);

    return CLI_DONE;
}

/* @work: (transfer full): a removal or a conversion. */
static int
delete_here(CliContext *cli, const CommandLine *line, DeleteWork *work, guint64 bandwidth,
            ProgressMode progress)
{
    const DeleteOptions *options = line->options;
    g_autoptr(JobWork) owned = &work->parent;
    const JobLocalOptions local = {
        .label = line->args[1],
        .progress = options->dry_run ? PROGRESS_NONE : progress,
    };
    g_autoptr(GError) error = NULL;

    owned->dry_run = options->dry_run;
    work->bandwidth = bandwidth;
    if (!job_local_run(cli, owned, &local, &error)) {
        tell_change_warnings(work->warnings);
        return cli_fail(cli, error);
    }

    return tell_deleted(cli, work);
}

int
run_snapshot_delete(CliContext *cli, const CommandLine *line)
{
    const DeleteOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    ProgressMode progress;
    guint64 bandwidth;

    if (!progress_mode_parse(options->progress, &progress, &error) ||
        !parse_rate(options->bandwidth, &bandwidth, &error))
        return cli_fail_options(cli, error);
    if (!cli->globals.service)
        return delete_here(cli, line,
                           delete_work_new(line->args[0], line->args[1], options->metadata),
                           bandwidth, progress);
    if (options->bandwidth)
        return cli_usage(cli, _("%s: with --service there is job-speed in the place of "
                                "--bandwidth"),
                         line->command->name);

    return snapshot_service_delete(cli, line->args[0], line->args[1], options->metadata, progress,
                                   options->dry_run ? delete_tell_plan : NULL);
}

int
run_reference_convert(CliContext *cli, const CommandLine *line)
{
    const DeleteOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    ProgressMode progress;
    guint64 bandwidth;

    if (!progress_mode_parse(options->progress, &progress, &error) ||
        !parse_rate(options->bandwidth, &bandwidth, &error))
        return cli_fail_options(cli, error);
    if (!cli->globals.service)
        return delete_here(cli, line, convert_work_new(line->args[0], line->args[1]), bandwidth,
                           progress);
    if (options->bandwidth)
        return cli_usage(cli, _("%s: with --service there is job-speed in the place of "
                                "--bandwidth"),
                         line->command->name);

    return reference_service_convert(cli, line->args[0], line->args[1], progress,
                                     options->dry_run ? delete_tell_plan : NULL);
}

/* --- snapshot-apply ----------------------------------------------------------------- */

#define APPLY(member) OPTION_MEMBER(ApplyOptions, member)

const GOptionEntry apply_options[] = {
    {"discard", 0, 0, G_OPTION_ARG_NONE, APPLY(discard),
     N_("do not keep the present state"), NULL},
    {"start", 0, 0, G_OPTION_ARG_NONE, APPLY(start), N_("let all domains run"), NULL},
    {"paused", 0, 0, G_OPTION_ARG_NONE, APPLY(paused), N_("start all domains, paused"), NULL},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, APPLY(dry_run),
     N_("show what would be done, and do nothing"), NULL},
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, APPLY(progress),
     N_("how to show progress"), "auto|bar|json|none"},
    {NULL},
};

static int
tell_applied(CliContext *cli, const ApplyWork *work)
{
    g_autoptr(GVariant) plan = job_work_plan(&work->parent);

    if (work->parent.dry_run)
        return apply_tell_plan(cli, plan);
    if (!cli->globals.json)
        tell_change_warnings(work->warnings);
    if (cli->globals.json)
        cli_result(cli, apply_show_json(plan));
    else if (work->discard)
        cli_message(cli, _("'%s' is as it was at '%s'"), work->collection, work->snapshot);
    else
        cli_message(cli, _("'%s' has gone back to '%s'; its former state is kept as the set '%s'"),
                    work->collection, work->snapshot, work->plan->before);

    return CLI_DONE;
}

static int
apply_here(CliContext *cli, const CommandLine *line, ApplyState state, ProgressMode progress)
{
    const ApplyOptions *options = line->options;
    ApplyWork *work = apply_work_new(line->args[0], line->args[1], options->discard, state);
    g_autoptr(JobWork) owned = &work->parent;
    const JobLocalOptions local = {
        .label = line->args[1],
        .progress = options->dry_run ? PROGRESS_NONE : progress,
    };
    g_autoptr(GError) error = NULL;

    owned->dry_run = options->dry_run;
    if (!job_local_run(cli, owned, &local, &error)) {
        tell_change_warnings(work->warnings);
        return cli_fail(cli, error);
    }

    return tell_applied(cli, work);
}

int
run_snapshot_apply(CliContext *cli, const CommandLine *line)
{
    const ApplyOptions *options = line->options;
    ApplyState state = options->start    ? APPLY_RUNNING
                       : options->paused ? APPLY_PAUSED
                                         : APPLY_AS_IT_WAS;
    g_autoptr(GError) error = NULL;
    ProgressMode progress;

    if (options->start && options->paused)
        return cli_usage(cli, _("snapshot-apply: --start or --paused, not both"));
    if (!progress_mode_parse(options->progress, &progress, &error))
        return cli_fail(cli, error);
    if (!cli->globals.service)
        return apply_here(cli, line, state, progress);

    return snapshot_service_apply(cli, line->args[0], line->args[1], options->discard,
                                  options->start, options->paused, progress,
                                  options->dry_run ? apply_tell_plan : NULL);
}
