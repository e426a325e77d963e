/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/job-local.h"
#include "cli/output.h"
#include "cli/reference-change.h"
#include "cli/snapshot-service.h"
#include "snapshot/reference-work.h"

#define REFERENCE(member) OPTION_MEMBER(ReferenceOptions, member)

const GOptionEntry reference_options[] = {
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, REFERENCE(dry_run),
     N_("show what would be done, and do nothing"), NULL},
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, REFERENCE(progress),
     N_("how to show progress"), "auto|bar|json|none"},
    {NULL},
};

/* --- what came of it --------------------------------------------------------------- */

static JsonObject *
plan_member_json(const ReferencePlan *plan, const ReferencePlanMember *member)
{
    JsonObject *object = json_object_new();

    json_set_text(object, "domain", member->domain);
    json_set_text(object, "checkpoint", plan->checkpoint);
    if (member->tracked)
        json_set_texts(object, "disks", member->tracked);

    return object;
}

static JsonObject *
reference_json(const ReferenceWork *work)
{
    JsonObject *result = json_object_new();
    JsonArray *members = json_array_new();

    json_object_set_int_member(result, "result", 0);
    json_set_text(result, "collection", work->collection);
    json_set_text(result, "referencePoint", work->name);
    for (guint i = 0; i < work->plan->members->len; i++)
        json_array_add_object_element(
            members, plan_member_json(work->plan, g_ptr_array_index(work->plan->members, i)));
    json_object_set_array_member(result, "members", members);
    json_set_texts(result, "warnings", work->warnings);

    return result;
}

/* @targets: (nullable). Returns: owned by the caller. */
static char *
join_targets(const GPtrArray *targets)
{
    GString *text = g_string_new(targets ? NULL : "-");

    for (guint i = 0; targets && i < targets->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(targets, i));

    return g_string_free(text, FALSE);
}

static void
show_reference_plan(const ReferencePlan *plan)
{
    g_autoptr(Table) table = table_new(_("Domain"), _("Checkpoint"), _("Disks"), NULL);

    for (guint i = 0; i < plan->members->len; i++) {
        const ReferencePlanMember *member = g_ptr_array_index(plan->members, i);
        g_autofree char *disks = join_targets(member->tracked);

        table_add(table, member->domain, plan->checkpoint, disks, NULL);
    }
    table_print(table, TRUE);
}

static void
warn_of_points(const ReferenceWork *work)
{
    for (guint i = 0; i < work->warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(work->warnings, i));
}

/* --- the whole ----------------------------------------------------------------------- */

/* Returns: what is said when it is done, owned by the caller. */
static char *
done_text(const JobWorkType *type, const char *name)
{
    return g_strdup_printf(type == &reference_create_work_type ? _("Reference point '%s' made")
                                                               : _("Reference point '%s' deleted"),
                           name);
}

static int
reference_here(CliContext *cli, ReferenceWork *work, ProgressMode progress)
{
    const JobLocalOptions local = {
        .label = work->name,
        .progress = work->dry_run ? PROGRESS_NONE : progress,
    };
    g_autofree char *done = done_text(work->parent.type, work->name);
    g_autoptr(GError) error = NULL;

    if (!job_local_run(cli, &work->parent, &local, &error)) {
        warn_of_points(work);
        return cli_fail(cli, error);
    }
    if (cli->globals.json) {
        cli_result(cli, reference_json(work));
        return CLI_DONE;
    }
    warn_of_points(work);
    if (work->dry_run)
        show_reference_plan(work->plan);
    else
        cli_message(cli, "%s", done);

    return CLI_DONE;
}

static int
change_reference(CliContext *cli, const CommandLine *line, const JobWorkType *type,
                 const char *method)
{
    const ReferenceOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    g_autoptr(JobWork) owned = NULL;
    g_autofree char *done = NULL;
    ProgressMode progress;
    ReferenceWork *work;

    if (!progress_mode_parse(options->progress, &progress, &error))
        return cli_fail(cli, error);
    work = reference_work_new(type, line->args[0], line->args[1], &error);
    if (!work)
        return cli_fail(cli, error);
    owned = &work->parent;
    work->dry_run = options->dry_run;
    if (!cli->globals.service)
        return reference_here(cli, work, progress);
    if (options->dry_run)
        return cli_usage(cli, _("%s: with --service there is no --dry-run"), line->command->name);
    done = done_text(type, work->name);

    return reference_service_change(cli, method, line->args[0], work->name, done, progress);
}

int
run_reference_create(CliContext *cli, const CommandLine *line)
{
    return change_reference(cli, line, &reference_create_work_type, "CreateReferencePoint");
}

int
run_reference_delete(CliContext *cli, const CommandLine *line)
{
    return change_reference(cli, line, &reference_delete_work_type, "DestroyReferencePoint");
}
