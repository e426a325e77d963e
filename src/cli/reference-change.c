/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "cli/dictionary-show.h"
#include "cli/job-local.h"
#include "cli/output.h"
#include "cli/reference-change.h"
#include "cli/snapshot-service.h"
#include "snapshot/reference-work.h"
#include "util/dictionary.h"

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
plan_member_json(GVariant *member)
{
    static const char *const keys[] = {"domain", "checkpoint", NULL};
    g_autoptr(GVariant) followed = g_variant_lookup_value(member, "disks", NULL);
    g_autoptr(GPtrArray) disks = dictionary_texts(member, "disks");
    JsonObject *object = json_object_new();

    json_copy_texts(object, member, keys);
    if (followed)
        json_set_texts(object, "disks", disks);

    return object;
}

static JsonObject *
reference_json(GVariant *plan)
{
    static const char *const keys[] = {"collection", "referencePoint", NULL};
    g_autoptr(GPtrArray) warnings = dictionary_texts(plan, "warnings");
    JsonObject *result = json_object_new();

    json_object_set_int_member(result, "result", 0);
    json_copy_texts(result, plan, keys);
    json_set_dictionaries(result, plan, "members", plan_member_json);
    json_set_texts(result, "warnings", warnings);

    return result;
}

/* Returns: the disks of a member that would be followed, owned by the caller. */
static char *
join_targets(GVariant *member)
{
    g_autoptr(GPtrArray) targets = dictionary_texts(member, "disks");
    GString *text = g_string_new(NULL);

    for (guint i = 0; i < targets->len; i++)
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "",
                               (const char *)g_ptr_array_index(targets, i));

    return g_string_free(text, FALSE);
}

static void
add_reference_row(GVariant *member, gpointer table)
{
    g_autofree char *disks = join_targets(member);

    table_add(table, dictionary_cell(member, "domain"), dictionary_cell(member, "checkpoint"),
              *disks ? disks : "-", NULL);
}

static int
tell_reference_plan(CliContext *cli, GVariant *plan)
{
    g_autoptr(Table) table = NULL;

    if (cli->globals.json) {
        cli_result(cli, reference_json(plan));
        return CLI_DONE;
    }
    dictionary_warn(plan);
    table = table_new(_("Domain"), _("Checkpoint"), _("Disks"), NULL);
    dictionaries_each(plan, "members", add_reference_row, table);
    table_print(table, TRUE);

    return CLI_DONE;
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
        .progress = work->parent.dry_run ? PROGRESS_NONE : progress,
    };
    g_autofree char *done = done_text(work->parent.type, work->name);
    g_autoptr(GError) error = NULL;
    g_autoptr(GVariant) plan = NULL;

    if (!job_local_run(cli, &work->parent, &local, &error)) {
        warn_of_points(work);
        return cli_fail(cli, error);
    }
    plan = job_work_plan(&work->parent);
    if (work->parent.dry_run || cli->globals.json)
        return tell_reference_plan(cli, plan);
    warn_of_points(work);
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
    owned->dry_run = options->dry_run;
    if (!cli->globals.service)
        return reference_here(cli, work, progress);
    done = done_text(type, work->name);

    return reference_service_change(cli, method, line->args[0], work->name, done, progress,
                                    options->dry_run ? tell_reference_plan : NULL);
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
