/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/import-work.h"
#include "transfer/engine.h"
#include "util/strings.h"
#include "util/xml.h"

static ImportWork *
of(JobWork *work)
{
    return (ImportWork *)work;
}

static const ImportWork *
of_const(const JobWork *work)
{
    return (const ImportWork *)work;
}

static char *
describe(const JobWork *work)
{
    return g_strdup_printf("Import of %s", of_const(work)->path);
}

static const char *
directory(const JobWork *work)
{
    return of_const(work)->directory;
}

/* --- its target ----------------------------------------------------------------- */

/* The names come from the export. One that cannot be read any more has left what it has left. */
static Target *
target_of(const ImportWork *self, GError **error)
{
    g_autoptr(ImportSource) source = import_source_open(self->path, error);
    const Manifest *manifest = source ? import_source_manifest(source) : NULL;
    g_autofree char *name = manifest ? import_plan_name(manifest, self->settings) : NULL;
    g_autoptr(ExportPlace) place =
        name ? export_place_new(self->directory, name, manifest->snapshot, TRUE) : NULL;

    return place ? target_new(place, error) : NULL;
}

static gboolean
says_nothing_is_there(const GError *error)
{
    return g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND) ||
           g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
}

static gboolean
has_left(JobWork *work)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = target_of(of(work), &error);

    return target ? target_has_left(target) : !says_nothing_is_there(error);
}

static gboolean
discard(JobWork *work, GError **error)
{
    g_autoptr(GError) why = NULL;
    g_autoptr(Target) target = target_of(of(work), &why);

    if (target) {
        if (!target_has_left(target))
            return TRUE;
        if (!target_begin(target, TRUE, error))
            return FALSE;
        target_drop(target);
        return TRUE;
    }
    if (says_nothing_is_there(why))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static guint64
device(JobWork *work)
{
    g_autoptr(Target) target = target_of(of(work), NULL);
    TargetSpace space = {0};

    return target && target_space(target, &space, NULL) ? space.device : 0;
}

/* --- its run ---------------------------------------------------------------------- */

/* With no more transfers at once than the program allows. */
static ImportSettings *
settings_for(const ImportWork *self, const JobRun *run)
{
    ImportSettings *settings = import_settings_copy(self->settings);
    guint wanted = settings->parallel > 0 ? settings->parallel : ENGINE_WORKERS;
    guint allowed = job_run_workers(run);

    if (allowed > 0)
        settings->parallel = MIN(wanted, allowed);

    return settings;
}

/* What is made, as paths; the domains by their UUIDs. */
static JobReport *
report_new(const ImportPlan *plan)
{
    JobReport *report = job_report_new();

    report->directory = g_strdup(plan->directory);
    for (guint i = 0; i < plan->domains->len; i++) {
        const ImportDomain *domain = g_ptr_array_index(plan->domains, i);

        g_ptr_array_add(report->domains, g_strdup(domain->uuid));
        for (guint j = 0; j < domain->disks->len; j++)
            g_ptr_array_add(
                report->disks,
                g_strdup(((const ImportDisk *)g_ptr_array_index(domain->disks, j))->path));
        if (domain->memory)
            g_ptr_array_add(report->memory, g_strdup(domain->memory));
    }

    return report;
}

static gboolean
announce(const ImportPlan *plan, JobRun *run, GError **error)
{
    g_autoptr(JobReport) report = report_new(plan);
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    const JobPlanned planned = {
        .end = plan->bytes + IMPORT_COMMIT_WEIGHT,
        .disks = nothing,
        .parts = nothing,
        .bandwidth = plan->settings->bandwidth,
        .warnings = plan->warnings,
        .report = report,
    };

    return job_run_planned(run, &planned, error);
}

static void
forget_results(ImportWork *self)
{
    import_result_clear(&self->result);
    self->result = (ImportResult){0};
    import_prepared_clear(&self->prepared);
}

/* What was written for nothing goes before anybody is told, and what is shown of a plan does not
 * hold the file system of the export. */
static void
end_run(ImportPrepared *prepared, gboolean done)
{
    g_clear_pointer(&prepared->target, target_free);
    if (done)
        import_source_close(prepared->source);
    else
        import_prepared_clear(prepared);
}

static gboolean
carry_out(ImportWork *self, Hypervisor *hypervisor, JobRun *run, GError **error)
{
    ImportPrepared *prepared = &self->prepared;
    gboolean done;

    if (!announce(prepared->plan, run, error))
        return FALSE;
    done = import_execute(hypervisor, prepared->plan, prepared->source, prepared->target,
                          job_run_control(run), job_run_resumes(run), &self->result, error);
    job_run_set_kept(run, self->result.kept);
    if (done)
        job_run_set_result(run, report_new(prepared->plan),
                           strings_copy(self->result.warnings));

    return done;
}

static gboolean
run_import(JobWork *work, JobRun *run, GError **error)
{
    ImportWork *self = of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(ImportSettings) settings = settings_for(self, run);
    const ImportSubject subject = {self->path, self->directory, settings};
    gboolean done;

    forget_results(self);
    if (!hypervisor)
        return FALSE;
    done = import_prepare(hypervisor, &subject, self->dry_run, job_run_control(run),
                          &self->prepared, error) &&
           (self->dry_run || carry_out(self, hypervisor, run, error));
    end_run(&self->prepared, done);

    return done;
}

/* --- its record --------------------------------------------------------------------- */

static void
format(const JobWork *work, xmlNode *node)
{
    const ImportWork *self = of_const(work);
    g_autofree char *settings = import_settings_format(self->settings);

    xml_add(node, "export", self->path);
    xml_add(node, "directory", self->directory);
    /* A document in the document's text: its parser stays the only one. */
    xml_add(node, "settings", settings);
}

static JobWork *
parse(xmlNode *node, GError **error)
{
    g_autofree char *path = xml_text(node, "export");
    g_autofree char *where = xml_text(node, "directory");
    g_autofree char *text = xml_text(node, "settings");
    ImportSettings *settings = import_settings_parse(text, error);

    return settings ? &import_work_new(path, where, settings)->parent : NULL;
}

/* --- the work ------------------------------------------------------------------------- */

static void
free_import(JobWork *work)
{
    ImportWork *self = of(work);

    forget_results(self);
    g_free(self->path);
    g_free(self->directory);
    import_settings_free(self->settings);
    g_free(self);
}

const JobWorkType import_work_type = {
    .name = "import",
    .title = "Import",
    .job_type = JOB_TYPE_IMPORT,
    .block_type = JOB_BLOCK_TYPE_COPY,
    .cancelled = N_("The import was cancelled"),
    .interrupted = N_("The import was interrupted; it can be resumed"),
    .forced = N_("ended by force; what there is of it is left: the next import of the same removes "
                 "it, or goes on with it with --resume"),
    .describe = describe,
    .directory = directory,
    .run = run_import,
    .has_left = has_left,
    .discard = discard,
    .device = device,
    .format = format,
    .parse = parse,
    .free = free_import,
};

ImportWork *
import_work_new(const char *path, const char *where, ImportSettings *settings)
{
    ImportWork *self = g_new0(ImportWork, 1);

    job_work_init(&self->parent, &import_work_type);
    self->path = g_strdup(path);
    self->directory = g_strdup(where);
    self->settings = settings;

    return self;
}
