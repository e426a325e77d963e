/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>

#include "bus/bus-path.h"
#include "cli/dictionary-show.h"
#include "cli/import-detach.h"
#include "cli/job-local.h"
#include "cli/job-started.h"
#include "cli/output.h"
#include "cli/service.h"
#include "import/detach-work.h"
#include "settings/settings.h"
#include "util/dictionary.h"

#define MEMBER(member) OPTION_MEMBER(DetachOptions, member)

const GOptionEntry detach_options[] = {
    {"bandwidth", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(bandwidth),
     N_("at most this many bytes a second, as 50M"), N_("RATE")},
    {"dry-run", 0, 0, G_OPTION_ARG_NONE, MEMBER(dry_run),
     N_("show what would be done, and do nothing"), NULL},
    {"progress", 0, 0, G_OPTION_ARG_FILENAME, MEMBER(progress), N_("how to show progress"),
     "auto|bar|json|none"},
    {NULL},
};

/* --- what is shown -------------------------------------------------------------- */

static JsonObject *
detach_disk_json(GVariant *disk)
{
    static const char *const keys[] = {"target", "path", NULL};
    JsonObject *object = json_object_new();

    json_copy_texts(object, disk, keys);
    json_set_size(object, "bytes", dictionary_size(disk, "bytes"));

    return object;
}

static JsonObject *
detach_json(GVariant *plan)
{
    JsonObject *object = json_object_new();

    json_object_set_int_member(object, "result", 0);
    json_set_text(object, "domain", dictionary_text(plan, "domain"));
    json_set_dictionaries(object, plan, "disks", detach_disk_json);
    json_set_texts(object, "warnings", NULL);

    return object;
}

/* Returns: (transfer none): what is done with a disk, for people. */
static const char *
describe_method(GVariant *disk)
{
    static const char *const texts[] = {
        [DETACH_PULL] = N_("copied while it runs"),
        [DETACH_FLATTEN] = N_("copied by qemu-img"),
        [DETACH_MEND] = N_("copied already; its definition is changed"),
    };
    const char *method = dictionary_cell(disk, "method");

    for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
        if (g_str_equal(method, detach_method_name(i)))
            return _(texts[i]);
    }

    return method;
}

static void
add_detached_disk(GVariant *disk, gpointer table)
{
    g_autofree char *size = dictionary_size_text(disk, "bytes");

    table_add(table, dictionary_cell(disk, "target"), describe_method(disk),
              dictionary_cell(disk, "path"), size, NULL);
}

static int
tell_detach_plan(CliContext *cli, GVariant *plan)
{
    g_autoptr(GVariant) disks = dictionary_list(plan, "disks");
    g_autoptr(Table) table = NULL;

    if (cli->globals.json) {
        cli_result(cli, detach_json(plan));
        return CLI_DONE;
    }
    if (g_variant_n_children(disks) == 0) {
        cli_message(cli, _("The domain '%s' needs no export"), dictionary_cell(plan, "domain"));
        return CLI_DONE;
    }
    table = table_new(_("Disk"), _("What is done"), _("Into"), _("At most"), NULL);
    dictionaries_each(plan, "disks", add_detached_disk, table);
    table_print(table, TRUE);

    return CLI_DONE;
}

static int
tell_detached(CliContext *cli, const DetachWork *work)
{
    g_autoptr(GVariant) plan = job_work_plan(&work->parent);
    guint disks = work->plan->disks->len;

    if (work->parent.dry_run || cli->globals.json || disks == 0)
        return tell_detach_plan(cli, plan);
    cli_message(cli, _("The domain '%s' needs the export no more, which stays protected "
                       "('virtsnap export-unprotect'); disks: %u"),
                work->plan->domain->name, disks);

    return CLI_DONE;
}

/* --- by itself ------------------------------------------------------------------ */

static gboolean
read_bandwidth(const char *text, guint64 *rate, GError **error)
{
    g_autoptr(VirtSnapExportSettings) numbers = virt_snap_export_settings_new();

    if (text && !virt_snap_export_settings_set(numbers, "bandwidth", text, error))
        return FALSE;
    *rate = numbers->bandwidth;

    return TRUE;
}

static int
detach_here(CliContext *cli, const char *domain, const DetachOptions *options, guint64 bandwidth,
            ProgressMode progress)
{
    DetachWork *work = detach_work_new(domain);
    g_autoptr(JobWork) owned = &work->parent;
    const JobLocalOptions local = {
        .label = domain,
        .progress = options->dry_run ? PROGRESS_NONE : progress,
        .transfers = TRUE,
    };
    g_autoptr(GError) error = NULL;

    owned->dry_run = options->dry_run;
    work->bandwidth = bandwidth;
    if (!job_local_run(cli, owned, &local, &error))
        return cli_fail(cli, error);

    return tell_detached(cli, work);
}

/* --- by the service ---------------------------------------------------------------- */

/* Returns: the path of the job, or NULL. */
static char *
start_detach(CliContext *cli, const char *domain, GError **error)
{
    g_autoptr(GVariant) answer = cli_service_call(
        cli, BUS_SERVICE_PATH, "CollectionSnapshotService", "DetachImport",
        g_variant_new("(sa{sv})", domain, NULL), G_VARIANT_TYPE("(uo)"), error);
    char *path = NULL;

    if (answer)
        g_variant_get(answer, "(uo)", NULL, &path);

    return path;
}

static int
detach_by_service(CliContext *cli, const char *domain, ProgressMode progress)
{
    g_autofree char *done = g_strdup_printf(_("The domain '%s' needs no export"), domain);
    const JobStartedOptions started = {
        .progress = progress,
        .done = done,
        .names = (const char *const[]){"domain", domain, NULL},
    };
    g_autoptr(GError) error = NULL;
    g_autofree char *job = start_detach(cli, domain, &error);

    return job_started(cli, job, error, &started);
}

int
run_import_detach(CliContext *cli, const CommandLine *line)
{
    const DetachOptions *options = line->options;
    g_autoptr(GError) error = NULL;
    ProgressMode progress;
    guint64 bandwidth;

    if (!progress_mode_parse(options->progress, &progress, &error) ||
        !read_bandwidth(options->bandwidth, &bandwidth, &error))
        return cli_fail_options(cli, error);
    if (!cli->globals.service)
        return detach_here(cli, line->args[0], options, bandwidth, progress);
    if (options->bandwidth)
        return cli_usage(cli, _("%s: with --service there is job-speed in the place of "
                                "--bandwidth"),
                         line->command->name);
    if (options->dry_run)
        return cli_service_plan(cli, "PlanDetachImport",
                                g_variant_new("(sa{sv})", line->args[0], NULL), tell_detach_plan);

    return detach_by_service(cli, line->args[0], progress);
}
