/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "archive/verify.h"
#include "import/boot-scratch.h"
#include "import/verification.h"
#include "util/strings.h"

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

/* Notes that something of the trial is left, and says so in front of why it failed. */
static void
tell_trial_left(Verification *self, const GError *rest, GError **error)
{
    self->left = TRUE;
    if (*error)
        g_prefix_error(error,
                       _("What was made to try the domains cannot be removed (%s); the next check "
                         "tries again. "),
                       rest->message);
    else
        *error = g_error_copy(rest);
}

/* Tries the domains and ends the trial. */
static gboolean
try_domains(Verification *self, Hypervisor *hypervisor, Control *control, const BootPlan *plan,
            BootScratch *scratch, GError **error)
{
    g_autoptr(GPtrArray) uuids = uuids_of(plan);
    g_autoptr(GError) why = NULL;
    g_autoptr(GError) rest = NULL;
    int dirfd = boot_scratch_begin(scratch, hypervisor, uuids, &why);
    gboolean done = dirfd >= 0 && boot_run(hypervisor, plan, self->boot, dirfd,
                                           control, self->domains, &why);

    if (!boot_scratch_end(scratch, hypervisor, &rest))
        tell_trial_left(self, rest, &why);
    if (done && !why)
        return TRUE;
    g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}

static void
take_warnings(Verification *self, const BootPlan *plan)
{
    for (guint i = 0; i < plan->plan->warnings->len; i++)
        g_ptr_array_add(self->domains->warnings,
                        g_strdup(g_ptr_array_index(plan->plan->warnings, i)));
}

/* Plans the trial. Problems of the files are left to the verification, which reports all of them
 * and more exactly. */
static gboolean
plan_domains(Verification *self, Hypervisor *hypervisor, const BootScratch *scratch,
             BootPlan **plan, GError **error)
{
    g_autoptr(GError) why = NULL;
    guint64 budget;

    *plan = boot_plan_new(hypervisor, self->path, self->boot, boot_scratch_prefix(scratch),
                          boot_scratch_directory(scratch), &why);
    if (*plan && boot_check_memory(*plan, self->boot, &budget, &why)) {
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
check_refused(const Verification *self, const BootPlan *plan, Hypervisor *hypervisor,
              const BootScratch *scratch, GError **error)
{
    g_autoptr(BootPlan) again = NULL;

    if (plan || self->files->problems->len > 0)
        return TRUE;
    again = boot_plan_new(hypervisor, self->path, self->boot, boot_scratch_prefix(scratch),
                          boot_scratch_directory(scratch), error);
    /* Nothing was started, so it must not look as if all had booted. */
    if (again)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("'%s' has changed while it was verified; try again"), self->path);

    return FALSE;
}

/* --- the files ------------------------------------------------------------------- */

/* What is needed when it is known how much there is to read. */
typedef struct {
    Verification *self;
    const BootPlan *plan; /* NULL: no domain is started */
    Control *control;
} Beginning;

/* Whatever is damaged, the amount of work is that of an export which is not. */
static gboolean
begin_reading(guint64 bytes, gpointer data, GError **error)
{
    const Beginning *beginning = data;
    const Verification *self = beginning->self;
    const BootPlan *plan = beginning->plan;
    g_autoptr(GPtrArray) none = g_ptr_array_new();
    guint64 amount = bytes + (plan ? plan->plan->bytes + plan->members->len : 0);

    control_set_end(beginning->control, amount);

    return !self->ready ||
           self->ready(amount, plan ? plan->plan->warnings : none, self->data, error);
}

static gboolean
run_file_checks(Verification *self, const BootPlan *plan, Control *control, GError **error)
{
    Beginning beginning = {self, plan, control};
    const VerifyOrder order = {
        .path = self->path,
        .deep = self->deep,
        .control = control,
        .ready = begin_reading,
        .data = &beginning,
    };

    self->files = verify_export(&order, error);

    return self->files != NULL;
}

/* --- all of it ------------------------------------------------------------------- */

static gboolean
verify_and_boot(Verification *self, Hypervisor *hypervisor, Control *control,
                BootScratch *scratch, GError **error)
{
    g_autoptr(BootPlan) plan = NULL;

    if (!boot_scratch_recover(hypervisor, self->domains->warnings, error) ||
        !plan_domains(self, hypervisor, scratch, &plan, error) ||
        !run_file_checks(self, plan, control, error) ||
        !check_refused(self, plan, hypervisor, scratch, error))
        return FALSE;
    if (!plan || self->files->problems->len > self->files->unclosed)
        return TRUE;

    return try_domains(self, hypervisor, control, plan, scratch, error);
}

static gboolean
run_with_boot(Verification *self, Hypervisor *hypervisor, Control *control, GError **error)
{
    const char *where = self->boot->scratch ? self->boot->scratch : SCRATCH;
    g_autoptr(BootScratch) scratch = boot_scratch_new(where);

    self->domains = boot_report_new();
    if (!hypervisor->ops->sees(hypervisor, self->path, error) ||
        !hypervisor->ops->sees(hypervisor, where, error))
        return FALSE;
    if (!hypervisor->ops->boots) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("This hypervisor starts no domains of an export"));
        return FALSE;
    }

    return verify_and_boot(self, hypervisor, control, scratch, error);
}

gboolean
verification_run(Verification *self, Hypervisor *hypervisor, Control *control, GError **error)
{
    verification_clear(self);
    self->left = FALSE;

    return self->boot ? run_with_boot(self, hypervisor, control, error)
                      : run_file_checks(self, NULL, control, error);
}

gboolean
verification_ok(const Verification *self)
{
    return self->files && self->files->problems->len == 0 &&
           (!self->domains || boot_report_ok(self->domains));
}

GPtrArray *
verification_warnings(const Verification *self)
{
    GPtrArray *warnings = self->domains ? strings_copy(self->domains->warnings)
                                        : g_ptr_array_new_with_free_func(g_free);
    char *warning = self->files ? verify_report_warning(self->files) : NULL;

    if (warning)
        g_ptr_array_add(warnings, warning);

    return warnings;
}

void
verification_clear(Verification *self)
{
    g_clear_pointer(&self->files, verify_report_free);
    g_clear_pointer(&self->domains, boot_report_free);
}
