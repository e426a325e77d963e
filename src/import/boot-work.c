/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "import/boot-work.h"

static BootWork *
boot_work_of(JobWork *work)
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

/* Returns FALSE: what an interrupted trial leaves is not part of an export, and the next trial
 * removes it. */
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

static gboolean
announce_boot(const BootPlan *plan, gpointer run, GError **error)
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

static gboolean
boot_work_run(JobWork *work, JobRun *run, GError **error)
{
    BootWork *self = boot_work_of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);

    self->verify.ready = announce_boot;
    self->verify.data = run;

    return hypervisor && boot_verify(&self->verify, hypervisor, job_run_control(run), error);
}

/* --- the work -------------------------------------------------------------------- */

static void
boot_work_free(JobWork *work)
{
    BootWork *self = boot_work_of(work);

    g_free(self->path);
    boot_settings_free(self->settings);
    boot_verify_clear(&self->verify);
    g_free(self);
}

/* The work of a verification. It has no record that could be read again, because it ends with
 * the process that runs it. */
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
    self->settings = settings;
    self->verify.path = self->path;
    self->verify.deep = deep;
    self->verify.settings = settings;

    return self;
}
