/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/verify.h"
#include "import/boot-scratch.h"
#include "import/boot-verify.h"

/* The default place of scratch files: one for large temporary files that survive a restart of
 * the host, so that what is left can be found and removed. */
#define SCRATCH "/var/tmp"

static GPtrArray *
uuids_of(const BootPlan *plan)
{
    GPtrArray *uuids = g_ptr_array_new();

    for (guint i = 0; i < plan->members->len; i++)
        g_ptr_array_add(uuids,
                        ((const BootMember *)g_ptr_array_index(plan->members, i))->domain->uuid);

    return uuids;
}

/* Tries the domains and ends the trial. If both fail, the error of the run is the one that is
 * returned. */
static gboolean
try_domains(BootVerify *self, Hypervisor *hypervisor, Control *control, const BootPlan *plan,
            BootScratch *scratch, GError **error)
{
    g_autoptr(GPtrArray) uuids = uuids_of(plan);
    g_autoptr(GError) why = NULL;
    int dirfd = boot_scratch_begin(scratch, hypervisor, uuids, &why);
    gboolean done = dirfd >= 0 && boot_run(hypervisor, plan, self->settings, dirfd,
                                           control, self->domains, &why);
    gboolean ended = boot_scratch_end(scratch, hypervisor, why ? NULL : &why);

    if (done && ended)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static void
take_warnings(BootVerify *self, const BootPlan *plan)
{
    for (guint i = 0; i < plan->plan->warnings->len; i++)
        g_ptr_array_add(self->domains->warnings,
                        g_strdup(g_ptr_array_index(plan->plan->warnings, i)));
}

/* Plans the trial. Problems of the files are left to the verification, which reports all of them
 * and more exactly. */
static gboolean
plan_domains(BootVerify *self, Hypervisor *hypervisor, const BootScratch *scratch, BootPlan **plan,
             GError **error)
{
    g_autoptr(GError) why = NULL;
    guint64 budget;

    *plan = boot_plan_new(hypervisor, self->path, self->settings, boot_scratch_prefix(scratch),
                          boot_scratch_directory(scratch), &why);
    if (*plan && boot_check_memory(*plan, self->settings, &budget, &why)) {
        take_warnings(self, *plan);
        return TRUE;
    }
    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT))
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

/* Returns why the plan was refused, where the verification has found no problem in the files. */
static gboolean
check_refused(const BootVerify *self, const BootPlan *plan, Hypervisor *hypervisor,
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
check_boot(BootVerify *self, Hypervisor *hypervisor, Control *control, BootScratch *scratch,
           GError **error)
{
    g_autoptr(BootPlan) plan = NULL;

    if (!boot_scratch_recover(hypervisor, self->domains->warnings, error) ||
        !plan_domains(self, hypervisor, scratch, &plan, error))
        return FALSE;
    self->files = verify_export(self->path, self->deep, control, error);
    if (!self->files || !check_refused(self, plan, hypervisor, scratch, error))
        return FALSE;
    if (!plan || self->files->problems->len > self->files->unclosed)
        return TRUE;

    return (!self->ready || self->ready(plan, self->data, error)) &&
           try_domains(self, hypervisor, control, plan, scratch, error);
}

gboolean
boot_verify(BootVerify *self, Hypervisor *hypervisor, Control *control, GError **error)
{
    const char *where = self->settings->scratch ? self->settings->scratch : SCRATCH;
    g_autoptr(BootScratch) scratch = boot_scratch_new(where);

    boot_verify_clear(self);
    self->domains = boot_report_new();
    if (!hypervisor->ops->sees(hypervisor, self->path, error) ||
        !hypervisor->ops->sees(hypervisor, where, error))
        return FALSE;
    if (!hypervisor->ops->boots) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("This hypervisor starts no domains of an export"));
        return FALSE;
    }

    return check_boot(self, hypervisor, control, scratch, error);
}

gboolean
boot_verify_ok(const BootVerify *self)
{
    return self->files && self->files->problems->len == 0 && boot_report_ok(self->domains);
}

void
boot_verify_clear(BootVerify *self)
{
    g_clear_pointer(&self->files, verify_report_free);
    g_clear_pointer(&self->domains, boot_report_free);
}
