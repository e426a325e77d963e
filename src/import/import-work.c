/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/import-undo.h"
#include "import/import-volumes.h"
#include "import/import-report.h"
#include "import/import-work.h"
#include "transfer/engine.h"
#include "util/path.h"
#include "util/strings.h"
#include "util/xml.h"

static ImportWork *
import_of(JobWork *work)
{
    return (ImportWork *)work;
}

static const ImportWork *
import_of_const(const JobWork *work)
{
    return (const ImportWork *)work;
}

static char *
import_work_describe(const JobWork *work)
{
    return g_strdup_printf("Import of %s", import_of_const(work)->path);
}

static const char *
import_work_directory(const JobWork *work)
{
    return import_of_const(work)->directory;
}

/* --- target --------------------------------------------------------------------- */

/* The target, whose name is made from those in the export; NULL with an error if the export cannot
 * be read any more. */
static Target *
import_target_of(const ImportWork *self, GError **error)
{
    g_autoptr(ImportSource) source = import_source_open(self->path, error);
    const Manifest *manifest = source ? import_source_manifest(source) : NULL;
    g_autoptr(ExportPlace) place =
        manifest ? import_place(self->directory, manifest, self->settings) : NULL;
    Target *target = place ? target_left_at(place) : NULL;

    if (target)
        target_set_import(target);

    return target;
}

static gboolean
import_work_has_left(JobWork *work)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Target) target = import_target_of(import_of(work), &error);

    return target ? target_has_left(target) || import_undo_is_there(target_path(target))
                  : !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
}

static gint64
import_work_left_changed(JobWork *work)
{
    g_autoptr(Target) target = import_target_of(import_of(work), NULL);

    return target ? target_left_changed(target) : 0;
}

static gboolean
remove_partial_import(Target *target, GError **error)
{
    if (!target_has_left(target))
        return TRUE;
    if (!target_begin(target, TRUE, error) ||
        !import_volumes_remove(target_fd(target), NULL, error))
        return FALSE;
    target_drop(target);

    return TRUE;
}

/* What is defined has to be undefined, for which the next import has the hypervisor. */
static gboolean
import_work_discard(JobWork *work, GError **error)
{
    g_autoptr(Target) target = import_target_of(import_of(work), error);

    if (!target || !remove_partial_import(target, error))
        return FALSE;
    if (!import_undo_is_there(target_path(target)))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("what was imported into '%s', and domains of it that may be defined; the next "
                  "import of the same takes that back, also if this job is resumed"),
                target_path(target));

    return FALSE;
}

/* The record of what is to be taken back goes when everything is made. */
static char *
import_work_finished(JobWork *work)
{
    g_autoptr(Target) target = import_target_of(import_of(work), NULL);
    const char *path = target ? target_path(target) : NULL;

    return path && !target_has_left(target) && !import_undo_is_there(path) &&
                   g_file_test(path, G_FILE_TEST_EXISTS)
               ? g_strdup(path)
               : NULL;
}

static guint64
import_work_device(JobWork *work)
{
    g_autoptr(Target) target = import_target_of(import_of(work), NULL);
    TargetSpace space = {0};

    return target && target_space(target, &space, NULL) ? space.device : 0;
}

/* --- run -------------------------------------------------------------------------- */

/* The settings for this run, with the number of simultaneous transfers limited to what the program
 * allows. */
static ImportSettings *
import_settings_for(const ImportWork *self, const JobRun *run)
{
    ImportSettings *settings = import_settings_copy(self->settings);
    guint wanted = settings->parallel > 0 ? settings->parallel : ENGINE_WORKERS;
    guint allowed = job_run_workers(run);

    if (allowed > 0)
        settings->parallel = MIN(wanted, allowed);

    return settings;
}

static gboolean
announce_import_plan(const ImportPlan *plan, JobRun *run, GError **error)
{
    g_autoptr(JobReport) report = import_report_new(plan);
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
carry_out_import(ImportWork *self, Hypervisor *hypervisor, JobRun *run, GError **error)
{
    ImportPrepared *prepared = &self->prepared;
    gboolean done;

    if (!announce_import_plan(prepared->plan, run, error))
        return FALSE;
    done = import_execute(hypervisor, prepared->plan, prepared->source, prepared->target,
                          job_run_control(run), job_run_resumes(run), &self->result, error);
    job_run_set_kept(run, self->result.kept);
    if (!done)
        return FALSE;
    job_run_set_result(run, import_report_new(prepared->plan),
                       strings_copy(self->result.warnings));
    job_run_set_findings(run, import_report_findings(prepared->plan));

    return TRUE;
}

static gboolean
import_work_run(JobWork *work, JobRun *run, GError **error)
{
    ImportWork *self = import_of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(ImportSettings) settings = import_settings_for(self, run);
    const ImportSubject subject = {self->path, self->directory, settings, job_run_resumes(run)};
    gboolean done;

    forget_results(self);
    if (!hypervisor)
        return FALSE;
    done = import_prepare(hypervisor, &subject, self->parent.dry_run, job_run_control(run),
                          &self->prepared, error) &&
           (self->parent.dry_run || carry_out_import(self, hypervisor, run, error));
    end_run(&self->prepared, done);

    return done;
}

static GVariant *
import_work_plan(const JobWork *work)
{
    const ImportPrepared *prepared = &import_of_const(work)->prepared;

    return import_report_plan(prepared->plan, import_host_findings(prepared->host));
}

/* --- record ------------------------------------------------------------------------- */

static void
import_work_format(const JobWork *work, xmlNode *node)
{
    const ImportWork *self = import_of_const(work);
    g_autofree char *settings = import_settings_format(self->settings);

    xml_add(node, "export", self->path);
    xml_add(node, "directory", self->directory);
    /* The settings are stored as the text of their own document, so that there is only one parser
     * for them. */
    xml_add(node, "settings", settings);
}

static JobWork *
import_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *path = xml_text(node, "export");
    g_autofree char *where = xml_text(node, "directory");
    g_autofree char *text = xml_text(node, "settings");
    ImportSettings *settings = import_settings_parse(text, error);

    return settings ? &import_work_new(path, where, settings)->parent : NULL;
}

/* --- constructor and table ------------------------------------------------------------ */

static void
import_work_free(JobWork *work)
{
    ImportWork *self = import_of(work);

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
    .forced = N_("ended by force; its files are left: the next import of the same export "
                 "removes them, or with --resume resumes the import"),
    .describe = import_work_describe,
    .directory = import_work_directory,
    .run = import_work_run,
    .has_left = import_work_has_left,
    .left_changed = import_work_left_changed,
    .discard = import_work_discard,
    .finished = import_work_finished,
    .device = import_work_device,
    .plan = import_work_plan,
    .format = import_work_format,
    .parse = import_work_parse,
    .free = import_work_free,
};

char *
import_work_default_directory(void)
{
    return path_state("imports");
}

ImportWork *
import_work_new(const char *path, const char *where, ImportSettings *settings)
{
    ImportWork *self = g_new0(ImportWork, 1);

    job_work_init(&self->parent, &import_work_type);
    self->path = path_canonical(path);
    self->directory = path_canonical(where);
    self->settings = settings;

    return self;
}
