/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n.h>
#include <inttypes.h>
#include <stdlib.h>

#include "cli/dictionary-show.h"
#include "cli/job-local.h"
#include "cli/output.h"
#include "cli/snapshot-create.h"
#include "cli/snapshot-service.h"
#include "snapshot/create-settings.h"
#include "snapshot/create-work.h"
#include "util/dictionary.h"
#include "util/xml.h"

#define MEMBER(member) OPTION_MEMBER(SnapshotCreateOptions, member)

const GOptionEntry snapshot_create_options[] = {
    {"domain", 0, 0, G_OPTION_ARG_FILENAME_ARRAY, MEMBER(domains),
     N_("of this domain, instead of a collection; may be repeated"), "DOMAIN"},
    {"quiesce", 0, 0, G_OPTION_ARG_NONE, MEMBER(quiesce),
     N_("freeze the file systems of all members meanwhile, by their guest agents"), NULL},
    {"pause", 0, 0, G_OPTION_ARG_NONE, MEMBER(pause),
     N_("pause all members meanwhile, which is the default where several run"), NULL},
    {"no-pause", 0, 0, G_OPTION_ARG_NONE, MEMBER(no_pause),
     N_("pause no member: each snapshot is of an instant of its own"), NULL},
    {"memory", 0, 0, G_OPTION_ARG_NONE, MEMBER(memory),
     N_("with the memory of running members, which are paused for it"), NULL},
    {"internal", 0, 0, G_OPTION_ARG_NONE, MEMBER(internal),
     N_("inside the qcow2 images; of running members with their memory"), NULL},
    {"best-effort", 0, 0, G_OPTION_ARG_NONE, MEMBER(best_effort),
     N_("pause a member that cannot be frozen, and record why"), NULL},
    {"reference-point", 0, 0, G_OPTION_ARG_NONE, MEMBER(reference_point),
     N_("follow what changes from then on, for 'reference-point-convert'"), NULL},
    {"timeout", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(timeout),
     N_("how long a guest agent may take to answer, 1 to 3600 (10)"), "SECONDS"},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, MEMBER(dry_run),
     N_("show what would be done, and touch nothing"), NULL},
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(progress),
     N_("how to show progress"), "auto|bar|json|none"},
    {NULL},
};

/* --- what is wanted ------------------------------------------------------------------------ */

static gboolean
read_timeout(const char *text, guint *timeout, GError **error)
{
    guint64 value;

    *timeout = 0;
    if (!text)
        return TRUE;
    if (!g_ascii_string_to_unsigned(text, 10, 1, MOMENT_TIMEOUT_MAX, &value, NULL)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("--timeout: '%s' is not a number of seconds from 1 to %u"), text,
                    MOMENT_TIMEOUT_MAX);
        return FALSE;
    }
    *timeout = value;

    return TRUE;
}

static gboolean
read_settings(const SnapshotCreateOptions *options, CreateSettings *settings, GError **error)
{
    create_settings_default(settings);
    if (options->quiesce || options->pause || options->no_pause)
        create_settings_choose(settings, options->quiesce ? MOMENT_FREEZE
                                         : options->pause ? MOMENT_PAUSE
                                                          : MOMENT_NONE);
    settings->memory = options->memory;
    settings->internal = options->internal;
    settings->best_effort = options->best_effort;
    settings->reference_point = options->reference_point;

    return read_timeout(options->timeout, &settings->timeout, error) &&
           create_settings_check(settings, error);
}

/* --- what came of it ------------------------------------------------------------------------- */

static JsonObject *
create_result_json(const SetRecord *record, GPtrArray *warnings)
{
    JsonObject *object = json_object_new();
    JsonArray *members = json_array_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "collection", record->collection);
    json_set_text(object, "snapshot", record->snapshot);
    json_object_set_int_member(object, "window_ms", record->window_ms);
    json_set_text(object, "referencePoint", record->point ? record->snapshot : NULL);
    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        JsonObject *one = json_object_new();

        json_set_text(one, "domain", member->domain);
        json_set_text(one, "kind", member->kind);
        json_set_text(one, "consistency", consistency_name(member->consistency));
        if (member->reason != CONSISTENCY_REASON_NONE)
            json_set_text(one, "reason", consistency_reason_name(member->reason));
        json_object_set_int_member(one, "frozen_ms", member->frozen_ms);
        json_array_add_object_element(members, one);
    }
    json_object_set_array_member(object, "members", members);
    json_set_texts(object, "warnings", warnings);

    return object;
}

static void
tell_create_done(CliContext *cli, const SetRecord *record)
{
    g_autoptr(Table) table =
        table_new(_("Domain"), _("Kind"), _("Consistency"), _("Stood still"), NULL);

    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        g_autofree char *still = g_strdup_printf(_("%u ms"), member->frozen_ms);

        table_add(table, member->domain, member->kind, consistency_name(member->consistency),
                  still, NULL);
    }
    cli_message(cli, _("Snapshot collection '%s' made: members: %u, window: %u ms"),
                record->snapshot, record->members->len, record->window_ms);
    table_print(table, !cli->globals.quiet);
}

/* --- what would be done ------------------------------------------------------------ */

static JsonObject *
planned_disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target", "source", "overlay", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);
    json_object_set_boolean_member(object, "followed", dictionary_flag(disk, "followed"));

    return object;
}

static JsonObject *
planned_member_json(GVariant *member)
{
    static const char *const keys[] = {"domain", "state", "kind", "asked", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, member, keys);
    json_set_dictionaries(object, member, "disks", planned_disk_json);
    json_set_text(object, "memory", dictionary_text(member, "memory"));

    return object;
}

static JsonObject *
plan_json(GVariant *plan)
{
    static const char *const keys[] = {"collection", "snapshot", NULL};
    g_autoptr(GPtrArray) warnings = dictionary_texts(plan, "warnings");
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_copy_texts(object, plan, keys);
    json_set_dictionaries(object, plan, "members", planned_member_json);
    json_set_texts(object, "warnings", warnings);

    return object;
}

/* Where the rows of a member's disks go. */
typedef struct {
    Table *table;
    GVariant *member;
    guint disks;
} PlanRows;

/* @what: a disk, the memory or the kind of the snapshot. */
static void
add_plan_row(const PlanRows *rows, const char *what, const char *file)
{
    GVariant *member = rows->member;

    table_add(rows->table, dictionary_cell(member, "domain"), dictionary_cell(member, "state"),
              dictionary_cell(member, "asked"), what, file, NULL);
}

static void
show_planned_disk(GVariant *disk, gpointer data)
{
    PlanRows *rows = data;

    rows->disks++;
    add_plan_row(rows, dictionary_cell(disk, "target"), dictionary_text(disk, "overlay"));
}

static void
show_planned_member(GVariant *member, gpointer table)
{
    const char *memory = dictionary_text(member, "memory");
    PlanRows rows = {.table = table, .member = member};

    dictionaries_each(member, "disks", show_planned_disk, &rows);
    if (memory || rows.disks == 0)
        add_plan_row(&rows, memory ? _("memory") : dictionary_cell(member, "kind"), memory);
}

static int
tell_create_plan(CliContext *cli, GVariant *plan)
{
    g_autoptr(Table) table = NULL;

    if (cli->globals.json) {
        cli_result(cli, plan_json(plan));
        return CLI_DONE;
    }
    dictionary_warn(plan);
    table = table_new(_("Domain"), _("State"), _("Consistency"), _("Disk"), _("New file"), NULL);
    dictionaries_each(plan, "members", show_planned_member, table);
    table_print(table, TRUE);

    return CLI_DONE;
}

/* --- the whole --------------------------------------------------------------------- */

static int
tell_created(CliContext *cli, const CreateWork *work)
{
    const SetRecord *record = work->plan->record;
    g_autoptr(GVariant) plan = job_work_plan(&work->parent);

    if (work->parent.dry_run)
        return tell_create_plan(cli, plan);
    for (guint i = 0; !cli->globals.json && i < work->warnings->len; i++)
        cli_warning("%s", (const char *)g_ptr_array_index(work->warnings, i));
    if (cli->globals.json)
        cli_result(cli, create_result_json(record, work->warnings));
    else
        tell_create_done(cli, record);

    return CLI_DONE;
}

static int
run_create_work(CliContext *cli, const char *collection, const SnapshotCreateOptions *options,
                const char *snapshot, const CreateSettings *settings, ProgressMode progress)
{
    const JobLocalOptions how = {
        .label = snapshot,
        .progress = options->dry_run ? PROGRESS_NONE : progress,
    };
    g_autoptr(GError) error = NULL;
    Members *members = members_new(collection, options->domains, &error);
    g_autoptr(JobWork) work = NULL;
    CreateWork *create;

    if (!members)
        return cli_fail(cli, error);
    create = create_work_new(collection, members, snapshot, settings);
    work = &create->parent;
    work->dry_run = options->dry_run;
    if (!job_local_run(cli, work, &how, &error)) {
        for (guint i = 0; i < create->warnings->len; i++)
            cli_warning("%s", (const char *)g_ptr_array_index(create->warnings, i));
        return cli_fail(cli, error);
    }

    return tell_created(cli, create);
}

/* Returns: the options as a snapshotsettings document for CreateSnapshot, owned by the caller. */
static char *
settings_document(const char *snapshot, const CreateSettings *settings)
{
    static const char *const levels[] = {
        [MOMENT_NONE] = "none",
        [MOMENT_FREEZE] = "application",
        [MOMENT_PAUSE] = "crash",
    };
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "snapshotsettings", NULL);
    g_autofree char *timeout = g_strdup_printf("%u", settings->timeout);

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", snapshot);
    if (!settings->by_default)
        xml_add(root, "consistency", levels[settings->level]);
    if (settings->best_effort)
        xml_add(root, "bestEffort", "yes");
    if (settings->internal)
        xml_add(root, "internal", "yes");
    if (settings->reference_point)
        xml_add(root, "referencePoint", "yes");
    if (settings->timeout > 0)
        xml_add(root, "timeout", timeout);

    return xml_doc_to_string(doc);
}

static int
create_by_service(CliContext *cli, const char *collection, const SnapshotCreateOptions *options,
                  const char *snapshot, const CreateSettings *settings, ProgressMode progress)
{
    g_autofree char *document = settings_document(snapshot, settings);

    if (!collection)
        return cli_usage(cli, _("snapshot-create-as: with --service there is no --domain"));

    return snapshot_service_create(cli, collection, snapshot, document,
                                   settings->memory ? CREATE_TYPE_STANDARD
                                                    : CREATE_TYPE_RECOVERY,
                                   progress, options->dry_run ? tell_create_plan : NULL);
}

int
snapshot_create(CliContext *cli, const CommandLine *line)
{
    const SnapshotCreateOptions *options = line->options;
    const char *collection = options->domains ? NULL : line->args[0];
    const char *named = options->domains ? line->args[0] : line->args[1];
    g_autofree char *name = named ? g_strdup(named) : create_default_name();
    g_autoptr(GError) error = NULL;
    CreateSettings settings;
    ProgressMode progress;

    if (options->domains && line->args[1])
        return cli_usage(cli, _("snapshot-create-as: '%s' and --domain: name a collection or "
                                "domains, not both"),
                         line->args[0]);
    if (!options->domains && !collection)
        return cli_usage(cli, _("snapshot-create-as: a collection is needed, or domains with "
                                "--domain"));
    if (options->quiesce + options->pause + options->no_pause > 1)
        return cli_usage(cli, _("snapshot-create-as: --quiesce, --pause and --no-pause: choose "
                                "one"));
    if (!progress_mode_parse(options->progress, &progress, &error) ||
        !read_settings(options, &settings, &error))
        return cli_fail_options(cli, error);

    if (cli->globals.service)
        return create_by_service(cli, collection, options, name, &settings, progress);

    return run_create_work(cli, collection, options, name, &settings, progress);
}
