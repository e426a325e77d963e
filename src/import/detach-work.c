/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/detach-run.h"
#include "import/detach-work.h"
#include "import/import-work.h"
#include "util/dictionary.h"
#include "util/xml.h"

/* virDomainBlockJobType: a pull. */
#define JOB_BLOCK_TYPE_PULL 1

static DetachWork *
detach_of(JobWork *work)
{
    return (DetachWork *)work;
}

static const DetachWork *
detach_of_const(const JobWork *work)
{
    return (const DetachWork *)work;
}

static char *
detach_work_describe(const JobWork *work)
{
    return g_strdup_printf("Detachment of %s", detach_of_const(work)->domain);
}

static const char *
detach_work_directory(const JobWork *work)
{
    return NULL;
}

/* --- what is left ------------------------------------------------------------------ */

/* Nothing is left to be removed: the domain has its data after every step, and a new run finds out
 * what is still to be done. */
static gboolean
detach_work_has_left(JobWork *work)
{
    return FALSE;
}

static gint64
detach_work_left_changed(JobWork *work)
{
    return 0;
}

static gboolean
detach_work_discard(JobWork *work, GError **error)
{
    return TRUE;
}

static guint64
detach_work_device(JobWork *work)
{
    return 0;
}

/* --- its run -------------------------------------------------------------------------- */

/* Each disk is a part of the progress, with the number that detach_run() gives it. */
static void
add_detached_disks(const DetachPlan *plan, GPtrArray *disks, GPtrArray *parts)
{
    for (guint i = 0; i < plan->disks->len; i++) {
        const DetachDisk *disk = g_ptr_array_index(plan->disks, i);
        GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
        JobDisk *one = job_disk_new(plan->domain->name, disk->target, disk->path);
        guint part = i + 1;

        g_array_append_val(numbers, part);
        one->figures.end = MAX(disk->bytes, 1);
        g_ptr_array_add(disks, one);
        g_ptr_array_add(parts, numbers);
    }
}

static JobReport *
detach_report_new(const DetachPlan *plan)
{
    JobReport *report = job_report_new();

    g_ptr_array_add(report->domains, g_strdup(plan->domain->uuid));
    for (guint i = 0; i < plan->disks->len; i++)
        g_ptr_array_add(
            report->disks,
            g_strdup(((const DetachDisk *)g_ptr_array_index(plan->disks, i))->path));

    return report;
}

static gboolean
announce_detachment(const DetachWork *self, JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) disks = job_disks_new();
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(GPtrArray) warnings = g_ptr_array_new();
    g_autoptr(JobReport) report = detach_report_new(self->plan);
    const JobPlanned planned = {
        .end = self->plan->bytes + 1,
        .disks = disks,
        .parts = parts,
        .bandwidth = self->bandwidth,
        .warnings = warnings,
        .report = report,
    };

    add_detached_disks(self->plan, disks, parts);

    return job_run_planned(run, &planned, error);
}

static gboolean
detach_work_run(JobWork *work, JobRun *run, GError **error)
{
    DetachWork *self = detach_of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);

    g_clear_pointer(&self->plan, detach_plan_free);
    self->plan = hypervisor ? detach_plan_make(hypervisor, self->domain, error) : NULL;
    if (!self->plan || self->parent.dry_run)
        return self->plan != NULL;
    if (!announce_detachment(self, run, error))
        return FALSE;
    job_run_set_kept(run, FALSE);
    job_run_hold_guests(run, TRUE);
    if (!detach_run(hypervisor, self->plan, run, error))
        return FALSE;
    control_advance(job_run_control(run), 1);
    job_run_set_result(run, detach_report_new(self->plan),
                       g_ptr_array_new_with_free_func(g_free));

    return TRUE;
}

static GVariant *
planned_detachment(gconstpointer element, G_GNUC_UNUSED gconstpointer data)
{
    const DetachDisk *disk = element;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "target", disk->target);
    dictionary_add_text(&value, "path", disk->path);
    dictionary_add_text(&value, "method", detach_method_name(disk->method));
    dictionary_add_size(&value, "bytes", disk->bytes);

    return g_variant_builder_end(&value);
}

static GVariant *
detach_work_plan(const JobWork *work)
{
    const DetachPlan *plan = detach_of_const(work)->plan;
    GVariantBuilder value;

    g_variant_builder_init(&value, G_VARIANT_TYPE_VARDICT);
    dictionary_add_text(&value, "domain", plan->domain->name);
    dictionary_add_list(&value, "disks", plan->disks, planned_detachment, NULL);

    return g_variant_builder_end(&value);
}

/* --- its record ------------------------------------------------------------------------- */

static void
detach_work_format(const JobWork *work, xmlNode *node)
{
    xml_add(node, "domain", detach_of_const(work)->domain);
}

static JobWork *
detach_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *domain = xml_text(node, "domain");

    return &detach_work_new(domain)->parent;
}

/* --- the work ------------------------------------------------------------------------------ */

static void
detach_work_free(JobWork *work)
{
    DetachWork *self = detach_of(work);

    g_clear_pointer(&self->plan, detach_plan_free);
    g_free(self->domain);
    g_free(self);
}

const JobWorkType detach_work_type = {
    .name = "import-detach",
    .title = "Detachment from an export",
    .job_type = JOB_TYPE_IMPORT,
    .block_type = JOB_BLOCK_TYPE_PULL,
    .cancelled = N_("It was cancelled; the domain has all its data, and the same command resumes "
                    "it"),
    .interrupted = N_("It was interrupted; the domain has all its data, and the same command "
                      "resumes it"),
    .describe = detach_work_describe,
    .directory = detach_work_directory,
    .run = detach_work_run,
    .has_left = detach_work_has_left,
    .left_changed = detach_work_left_changed,
    .discard = detach_work_discard,
    .device = detach_work_device,
    .plan = detach_work_plan,
    .format = detach_work_format,
    .parse = detach_work_parse,
    .free = detach_work_free,
};

DetachWork *
detach_work_new(const char *domain)
{
    DetachWork *self = g_new0(DetachWork, 1);

    job_work_init(&self->parent, &detach_work_type);
    self->domain = g_strdup(domain);

    return self;
}
