/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "snapshot/apply-member.h"
#include "snapshot/apply-record.h"
#include "snapshot/apply-run.h"
#include "snapshot/delete-run.h"
#include "snapshot/layer-remove.h"
#include "util/fd.h"

typedef struct {
    Hypervisor *hypervisor;
    const ApplyPlan *plan;
    GPtrArray *warnings;
    ApplyContext context; /* of all of these and the record */
    Control *control;
    ApplyStep *steps; /* of each member: that was begun last */
    SetRecord *record;
} Run;

/* Does a step of @member; @step: (out): what is begun with it. */
typedef gboolean (*StepFunc)(const Run *self, ApplyMember *member, ApplyStep *step,
                             GError **error);

static gboolean
hold_present(const Run *self, ApplyMember *member, ApplyStep *step, GError **error)
{
    *step = APPLY_STEP_HELD;

    return apply_member_hold(&self->context, member, error);
}

static gboolean
keep_present(const Run *self, ApplyMember *member, ApplyStep *step, GError **error)
{
    *step = APPLY_STEP_KEPT;

    return apply_member_keep(&self->context, member, error);
}

static gboolean
make_member_layers(const Run *self, ApplyMember *member, ApplyStep *step, GError **error)
{
    *step = APPLY_STEP_MADE;

    return apply_member_make(member, error);
}

static gboolean
switch_over(const Run *self, ApplyMember *member, ApplyStep *step, GError **error)
{
    *step = APPLY_STEP_SWITCHED;

    return apply_member_switch(&self->context, member, error);
}

static gboolean
start_applied(const Run *self, ApplyMember *member, ApplyStep *step, GError **error)
{
    return apply_member_start(&self->context, member, error);
}

static gboolean
for_all(Run *self, StepFunc func, GError **error)
{
    const GPtrArray *members = self->plan->members;

    for (guint i = 0; i < members->len; i++) {
        ApplyMember *member = g_ptr_array_index(members, i);

        if (!control_pass(self->control, 0, error))
            return FALSE;
        if (!func(self, member, &self->steps[i], error)) {
            g_prefix_error(error, _("Domain '%s': "), member->domain->name);
            return FALSE;
        }
        control_advance(self->control, 1);
    }

    return TRUE;
}

/* --- when it fails --------------------------------------------------------------------- */

/* The record becomes incomplete first, so that a later command puts all members back if this is
 * interrupted. It is removed only when all of them are back. */
static void
put_members_back(const Run *self, GError **error)
{
    gboolean all = TRUE;
    g_autoptr(GError) unsaved = NULL;

    self->record->complete = FALSE;
    if (!set_store_save(self->record, &unsaved))
        g_warning("%s", unsaved->message);
    for (guint i = self->plan->members->len; i-- > 0;) {
        const ApplyMember *member = g_ptr_array_index(self->plan->members, i);
        g_autoptr(GError) why = NULL;

        if (apply_member_put_back(&self->context, member, self->steps[i], &why))
            continue;
        all = FALSE;
        g_prefix_error(error,
                       _("The domain '%s' could not be put back (%s); nothing of it is removed, "
                         "and its former state is what its snapshot '%s' keeps, if it has one. "),
                       member->domain->name, why ? why->message : "?", self->plan->before);
    }
    if (all && !set_store_remove(self->record->id, &unsaved))
        g_warning("%s", unsaved->message);
}

/* --- when the present state is not to be kept --------------------------------------------- */

/* Returns: whether the two chains have a layer in common. */
static gboolean
have_common_layer(const Layer *one, const Layer *other)
{
    for (; one; one = one->backing) {
        if (layer_in(other, one))
            return TRUE;
    }

    return FALSE;
}

/* Removes the layers that the domain wrote to before the snapshot was applied, when they are not
 * to be kept. */
static void
remove_present(const Run *self, const ApplyMember *member)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);
        g_autoptr(GError) error = NULL;

        if (disk->present->backing && have_common_layer(disk->present, disk->base) &&
            !layer_remove_unneeded(self->hypervisor, disk->present, self->warnings, &error))
            g_ptr_array_add(self->warnings, g_strdup(error->message));
    }
}

static gboolean
forget_kept(const Run *self, GError **error)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new();
    const DeleteSubject subject = {
        .collection = self->plan->collection,
        .snapshot = self->plan->before,
        .names = names,
    };
    g_autoptr(DeletePlan) plan = NULL;
    g_autoptr(Control) control = control_new();

    for (guint i = 0; i < self->plan->members->len; i++) {
        const ApplyMember *member = g_ptr_array_index(self->plan->members, i);

        g_ptr_array_add(names, member->domain->name);
    }
    plan = delete_plan_make(self->hypervisor, &subject, error);

    return plan && delete_run(self->hypervisor, plan, control, NULL, self->warnings, error);
}

/* Every member runs on the snapshot by now, so a failure to remove the old state is a warning,
 * not an error. */
static void
discard_present(const Run *self)
{
    g_autoptr(GError) error = NULL;

    if (!forget_kept(self, &error) || !set_store_remove(self->record->id, &error)) {
        g_ptr_array_add(self->warnings,
                        g_strdup_printf(_("The state that was to be discarded is kept as the set "
                                          "'%s': %s"),
                                        self->plan->before, error->message));
        return;
    }
    for (guint i = 0; i < self->plan->members->len; i++)
        remove_present(self, g_ptr_array_index(self->plan->members, i));
}

/* --- the whole ------------------------------------------------------------------------------- */

/* All stand still before the state of the first is kept, so that all are kept as they are at one
 * moment. */
static gboolean
apply_all(Run *self, GError **error)
{
    return for_all(self, hold_present, error) && for_all(self, keep_present, error) &&
           for_all(self, make_member_layers, error) && for_all(self, switch_over, error) &&
           for_all(self, start_applied, error) &&
           apply_record_end(self->hypervisor, self->record, error);
}

gboolean
apply_run(Hypervisor *hypervisor, const ApplyPlan *plan, Control *control, GPtrArray *warnings,
          GError **error)
{
    g_autofree ApplyStep *steps = g_new0(ApplyStep, plan->members->len);
    g_autoptr(SetRecord) record = apply_record_new(plan);
    Run self = {hypervisor, plan,  warnings, {hypervisor, plan, record, warnings},
                control,    steps, record};
    auto_fd lock = set_store_lock(record->id, error);

    if (lock < 0 || !set_store_save(record, error))
        return FALSE;
    control_set_end(control, (guint64)plan->members->len * APPLY_STEPS);
    if (!apply_all(&self, error)) {
        put_members_back(&self, error);
        return FALSE;
    }
    if (plan->discard)
        discard_present(&self);

    return TRUE;
}
