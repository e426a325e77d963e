/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/verify-findings.h"
#include "import/verify-work.h"
#include "util/xml.h"

/* How many bytes of problems a job's report has, which has to fit into its record and into one
 * message of the bus. */
#define PROBLEM_BYTES_MAX ((gsize)1 << 20)

static VerifyWork *
verify_of(JobWork *work)
{
    return (VerifyWork *)work;
}

static const VerifyWork *
verify_of_const(const JobWork *work)
{
    return (const VerifyWork *)work;
}

static char *
verify_work_describe(const JobWork *work)
{
    return g_strdup_printf("Verification of %s", verify_of_const(work)->path);
}

static const char *
verify_work_directory(const JobWork *work)
{
    return verify_of_const(work)->path;
}

/* --- what is left ------------------------------------------------------------------- */

/* Returns FALSE: what an interrupted trial leaves is not part of an export, and the next trial
 * removes it. */
static gboolean
verify_work_has_left(G_GNUC_UNUSED JobWork *work)
{
    return FALSE;
}

static gint64
verify_work_left_changed(G_GNUC_UNUSED JobWork *work)
{
    return 0;
}

static gboolean
verify_work_discard(JobWork *work, GError **error)
{
    if (!verify_of(work)->verification.left)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("perhaps domains that were tried, or files of them; the next check of any "
                  "export with --boot removes them"));

    return FALSE;
}

static guint64
verify_work_device(G_GNUC_UNUSED JobWork *work)
{
    return 0;
}

/* --- the run -------------------------------------------------------------------------- */

/* What a run has at hand when it is known how much there is to do. */
typedef struct {
    const VerifyWork *self;
    JobRun *run;
} VerifyRun;

static gboolean
announce_verification(guint64 amount, GPtrArray *warnings, gpointer data, GError **error)
{
    const VerifyRun *now = data;
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    /* One more than there is to do, for an export of nothing at all. */
    const JobPlanned planned = {
        .end = amount + 1,
        .disks = nothing,
        .parts = nothing,
        .bandwidth = now->self->settings->bandwidth,
        .warnings = warnings,
    };

    return job_run_planned(now->run, &planned, error);
}

static gboolean
run_verification(VerifyWork *self, JobRun *run, GError **error)
{
    VerifyRun now = {self, run};
    Hypervisor *hypervisor = NULL;

    self->verification.ready = announce_verification;
    self->verification.data = &now;
    if (self->settings->boot) {
        hypervisor = job_run_hypervisor(run, error);
        if (!hypervisor)
            return FALSE;
    }

    return verification_run(&self->verification, hypervisor, job_run_control(run), error);
}

/* An export that is not as it should be fails the job: who only looks at its state or its error
 * must not take that for success. What was found is in the report all the same. */
static gboolean
verify_work_run(JobWork *work, JobRun *run, GError **error)
{
    VerifyWork *self = verify_of(work);

    self->finished = FALSE;
    self->finished = run_verification(self, run, error);
    if (!self->finished)
        return FALSE;
    job_run_set_findings(run, verify_findings_format(&self->verification, PROBLEM_BYTES_MAX));
    job_run_set_result(run, NULL, verification_warnings(&self->verification));
    if (verification_ok(&self->verification))
        return TRUE;
    g_propagate_error(error, verify_findings_error(&self->verification));

    return FALSE;
}

/* --- the record ------------------------------------------------------------------------- */

static void
verify_work_format(const JobWork *work, xmlNode *node)
{
    const VerifyWork *self = verify_of_const(work);
    g_autoptr(GVariant) options = g_variant_ref_sink(verify_settings_format(self->settings));
    g_autofree char *text = g_variant_print(options, TRUE);

    xml_add(node, "export", self->path);
    /* As callers write them, so that there is only one parser for them. */
    xml_add(node, "options", text);
}

static JobWork *
verify_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *path = xml_text(node, "export");
    g_autofree char *text = xml_text(node, "options");
    g_autoptr(GError) why = NULL;
    g_autoptr(GVariant) options =
        g_variant_parse(G_VARIANT_TYPE_VARDICT, text, NULL, NULL, &why);
    VerifySettings *settings;

    if (!options) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The options of the verification cannot be read: %s"), why->message);
        return NULL;
    }
    settings = verify_settings_parse(options, error);

    return settings ? &verify_work_new(path, settings)->parent : NULL;
}

/* --- the work ------------------------------------------------------------------------------ */

static void
verify_work_free(JobWork *work)
{
    VerifyWork *self = verify_of(work);

    g_free(self->path);
    verify_settings_free(self->settings);
    verification_clear(&self->verification);
    g_free(self);
}

const JobWorkType verify_work_type = {
    .name = "verify",
    .title = "Verification",
    .job_type = JOB_TYPE_VERIFY,
    .cancelled = N_("The verification was cancelled"),
    .interrupted = N_("The verification was interrupted; it can be started again"),
    .describe = verify_work_describe,
    .directory = verify_work_directory,
    .run = verify_work_run,
    .has_left = verify_work_has_left,
    .left_changed = verify_work_left_changed,
    .discard = verify_work_discard,
    .device = verify_work_device,
    .format = verify_work_format,
    .parse = verify_work_parse,
    .free = verify_work_free,
};

VerifyWork *
verify_work_new(const char *path, VerifySettings *settings)
{
    VerifyWork *self = g_new0(VerifyWork, 1);

    job_work_init(&self->parent, &verify_work_type);
    self->path = g_strdup(path);
    self->settings = settings;
    self->verification.path = self->path;
    self->verification.deep = settings->deep;
    self->verification.boot = settings->boot;
    /* Before the first run there may have been one of a process that was killed. */
    self->verification.left = settings->boot != NULL;

    return self;
}
