/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/verify.h"
#include "import/boot-scratch.h"
#include "import/boot-work.h"

/* Where much may be written that nobody keeps, and what is left outlives a start of the host. */
#define SCRATCH "/var/tmp"

static BootWork *
of(JobWork *work)
{
    return (BootWork *)work;
}

static char *
boot_work_describe(const JobWork *work)
{
    return g_strdup_printf("Check of %s", ((const BootWork *)work)->path);
}

static const char *
boot_work_directory(G_GNUC_UNUSED const JobWork *work)
{
    return NULL;
}

/* What was left is no part of an export, and the next check takes it away. */
static gboolean
boot_work_has_left(G_GNUC_UNUSED JobWork *work)
{
    return FALSE;
}

static gint64
boot_work_left_changed(G_GNUC_UNUSED JobWork *work)
{
    return 0;
}

static gboolean
boot_work_discard(G_GNUC_UNUSED JobWork *work, G_GNUC_UNUSED GError **error)
{
    return TRUE;
}

static guint64
boot_work_device(G_GNUC_UNUSED JobWork *work)
{
    return 0;
}

/* --- the run -------------------------------------------------------------------- */

static GPtrArray *
uuids_of(const BootPlan *plan)
{
    GPtrArray *uuids = g_ptr_array_new();

    for (guint i = 0; i < plan->members->len; i++)
        g_ptr_array_add(uuids,
                        ((const BootMember *)g_ptr_array_index(plan->members, i))->domain->uuid);

    return uuids;
}

static gboolean
announce(const BootPlan *plan, JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    const JobPlanned planned = {
        .end = plan->plan->bytes + plan->members->len,
        .disks = nothing,
        .parts = nothing,
        .warnings = plan->plan->warnings,
    };

    return job_run_planned(run, &planned, error);
}

/* An error of the run is told before one of the end. */
static gboolean
try_domains(BootWork *self, JobRun *run, Hypervisor *hypervisor, const BootPlan *plan,
            BootScratch *scratch, GError **error)
{
    g_autoptr(GPtrArray) uuids = uuids_of(plan);
    g_autoptr(GError) why = NULL;
    int dirfd = boot_scratch_begin(scratch, hypervisor, uuids, &why);
    gboolean done = dirfd >= 0 && boot_run(hypervisor, plan, self->settings, dirfd,
                                           job_run_control(run), self->domains, &why);
    gboolean ended = boot_scratch_end(scratch, hypervisor, why ? NULL : &why);

    if (done && ended)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static void
take_warnings(BootWork *self, const BootPlan *plan)
{
    for (guint i = 0; i < plan->plan->warnings->len; i++)
        g_ptr_array_add(self->domains->warnings,
                        g_strdup(g_ptr_array_index(plan->plan->warnings, i)));
}

/* What is wrong with the files the proof of them tells better, and all of it. */
static gboolean
plan_domains(BootWork *self, Hypervisor *hypervisor, const BootScratch *scratch, BootPlan **plan,
             GError **error)
{
    g_autoptr(GError) why = NULL;
    guint64 budget;

    *plan = boot_plan_new(hypervisor, self->path, self->settings, boot_scratch_prefix(scratch),
                          boot_scratch_directory(scratch), &why);
    if (!*plan && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT))
        g_debug("%s", why->message);
    else if (!*plan || !boot_check_memory(*plan, self->settings, &budget, &why))
        g_propagate_error(error, g_steal_pointer(&why));
    else
        take_warnings(self, *plan);

    return why == NULL || g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT);
}

/* Who sees no problem in the files, and yet they are refused, is told why. */
static gboolean
check_refused(const BootWork *self, const BootPlan *plan, Hypervisor *hypervisor,
              const BootScratch *scratch, GError **error)
{
    g_autoptr(BootPlan) again = NULL;

    if (plan || self->files->problems->len > 0)
        return TRUE;
    again = boot_plan_new(hypervisor, self->path, self->settings, boot_scratch_prefix(scratch),
                          boot_scratch_directory(scratch), error);

    return again != NULL;
}

static gboolean
check(BootWork *self, JobRun *run, Hypervisor *hypervisor, BootScratch *scratch, GError **error)
{
    g_autoptr(BootPlan) plan = NULL;

    if (!boot_scratch_recover(hypervisor, self->domains->warnings, error) ||
        !plan_domains(self, hypervisor, scratch, &plan, error))
        return FALSE;
    self->files = verify_export(self->path, self->deep, job_run_control(run), error);
    if (!self->files || !check_refused(self, plan, hypervisor, scratch, error))
        return FALSE;
    if (!plan || self->files->problems->len > self->files->unclosed)
        return TRUE;

    return announce(plan, run, error) &&
           try_domains(self, run, hypervisor, plan, scratch, error);
}

static gboolean
boot_work_run(JobWork *work, JobRun *run, GError **error)
{
    BootWork *self = of(work);
    const char *where = self->settings->scratch ? self->settings->scratch : SCRATCH;
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(BootScratch) scratch = boot_scratch_new(where);

    g_clear_pointer(&self->files, verify_report_free);
    boot_report_free(self->domains);
    self->domains = boot_report_new();
    if (!hypervisor || !hypervisor->ops->sees(hypervisor, self->path, error) ||
        !hypervisor->ops->sees(hypervisor, where, error))
        return FALSE;
    if (!hypervisor->ops->boots) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("This hypervisor starts no domains of an export"));
        return FALSE;
    }

    return check(self, run, hypervisor, scratch, error);
}

/* --- the work -------------------------------------------------------------------- */

static void
boot_work_free(JobWork *work)
{
    BootWork *self = of(work);

    g_free(self->path);
    boot_settings_free(self->settings);
    verify_report_free(self->files);
    boot_report_free(self->domains);
    g_free(self);
}

/* It belongs to the process that runs it: there is no record of it that could be read again. */
const JobWorkType boot_work_type = {
    .name = "verify",
    .title = "Check",
    .job_type = JOB_TYPE_VERIFY,
    .cancelled = N_("The check was cancelled"),
    .interrupted = N_("The check was interrupted"),
    .describe = boot_work_describe,
    .directory = boot_work_directory,
    .run = boot_work_run,
    .has_left = boot_work_has_left,
    .left_changed = boot_work_left_changed,
    .discard = boot_work_discard,
    .device = boot_work_device,
    .free = boot_work_free,
};

BootWork *
boot_work_new(const char *path, gboolean deep, BootSettings *settings)
{
    BootWork *self = g_new0(BootWork, 1);

    job_work_init(&self->parent, &boot_work_type);
    self->path = g_strdup(path);
    self->deep = deep;
    self->settings = settings;
    self->domains = boot_report_new();

    return self;
}

gboolean
boot_work_ok(const BootWork *self)
{
    return self->files && self->files->problems->len == 0 && boot_report_ok(self->domains);
}
