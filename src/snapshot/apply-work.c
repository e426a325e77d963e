/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/members.h"
#include "snapshot/apply-run.h"
#include "snapshot/apply-work.h"
#include "snapshot/domain-locks.h"
#include "snapshot/set-left.h"
#include "snapshot/set-plan-variant.h"
#include "snapshot/set-recover.h"
#include "util/strings.h"
#include "util/xml.h"

/* virDomainBlockJobType: applying a snapshot uses no block job. */
#define JOB_BLOCK_TYPE_UNKNOWN 0

/* The names of the states in job records. */
static const char *const state_names[] = {
    [APPLY_AS_IT_WAS] = "as-it-was",
    [APPLY_RUNNING] = "running",
    [APPLY_PAUSED] = "paused",
};

static ApplyWork *
apply_of(JobWork *work)
{
    return (ApplyWork *)work;
}

static const ApplyWork *
apply_of_const(const JobWork *work)
{
    return (const ApplyWork *)work;
}

static char *
apply_work_describe(const JobWork *work)
{
    const ApplyWork *self = apply_of_const(work);

    return g_strdup_printf("Way back of %s to %s", self->collection, self->snapshot);
}

static const char *
apply_work_directory(const JobWork *work)
{
    return NULL;
}

/* --- what is left ------------------------------------------------------------------ */

/* A failed run undoes its own changes or keeps them as a snapshot set, so nothing is left for a
 * later one. */
static gboolean
apply_work_has_left(JobWork *work)
{
    return FALSE;
}

static gint64
apply_work_left_changed(JobWork *work)
{
    return 0;
}

/* A run undoes its changes itself. What it could not undo, or was not there to undo, only the next
 * command can. */
static gboolean
apply_work_discard(JobWork *work, GError **error)
{
    const ApplyWork *self = apply_of(work);
    const SetLeft left = {.collection = self->collection, .back_to = self->snapshot};

    return set_left_check(&left, error);
}

static guint64
apply_work_device(JobWork *work)
{
    return 0;
}

/* --- its run -------------------------------------------------------------------------- */

static JobReport *
apply_report_new(const ApplyPlan *plan)
{
    JobReport *report = job_report_new();

    for (guint i = 0; i < plan->members->len; i++) {
        const ApplyMember *member = g_ptr_array_index(plan->members, i);

        g_ptr_array_add(report->domains, g_strdup(member->domain->uuid));
    }

    return report;
}

static gboolean
announce_apply(const ApplyWork *self, JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    g_autoptr(JobReport) report = apply_report_new(self->plan);
    const JobPlanned planned = {
        .end = (guint64)self->plan->members->len * APPLY_STEPS + 1,
        .disks = nothing,
        .parts = nothing,
        .warnings = self->warnings,
        .report = report,
    };

    return job_run_planned(run, &planned, error);
}

static void
forget_applied(ApplyWork *self)
{
    g_clear_pointer(&self->plan, apply_plan_free);
    g_clear_pointer(&self->warnings, g_ptr_array_unref);
}

static gboolean
make_apply_plan(ApplyWork *self, Hypervisor *hypervisor, Control *control, DomainLocks **locks,
                GError **error)
{
    Members *members = members_new(self->collection, NULL, error);
    ApplySubject subject = {
        .collection = self->collection,
        .snapshot = self->snapshot,
        .discard = self->discard,
        .state = self->state,
    };

    if (!members)
        return FALSE;
    subject.names = members->domains;
    if (self->parent.dry_run ||
        ((*locks = domain_locks_take(hypervisor, members->domains, control, error)) &&
         set_recover(hypervisor, members->domains, *locks, self->warnings, error)))
        self->plan = apply_plan_make(hypervisor, &subject, error);
    members_free(members);

    return self->plan != NULL;
}

static gboolean
apply_work_run(JobWork *work, JobRun *run, GError **error)
{
    ApplyWork *self = apply_of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(DomainLocks) locks = NULL;
    gboolean done;

    forget_applied(self);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    if (!hypervisor ||
        !make_apply_plan(self, hypervisor, job_run_control(run), &locks, error))
        return FALSE;
    strings_append(self->warnings, self->plan->warnings);
    if (self->parent.dry_run)
        return TRUE;
    if (!announce_apply(self, run, error))
        return FALSE;
    job_run_set_kept(run, FALSE);
    job_run_hold_guests(run, TRUE);
    done = apply_run(hypervisor, self->plan, job_run_control(run), self->warnings, error);
    job_run_set_result(run, done ? apply_report_new(self->plan) : NULL,
                       strings_copy(self->warnings));

    return done;
}

static GVariant *
apply_work_plan(const JobWork *work)
{
    const ApplyWork *self = apply_of_const(work);

    return apply_plan_format(self->plan, self->warnings);
}

/* --- its record ------------------------------------------------------------------------- */

static void
apply_work_format(const JobWork *work, xmlNode *node)
{
    const ApplyWork *self = apply_of_const(work);

    xml_add(node, "collection", self->collection);
    xml_add(node, "snapshot", self->snapshot);
    if (self->discard)
        xml_add(node, "discard", NULL);
    xml_add(node, "state", state_names[self->state]);
}

static JobWork *
apply_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *collection = xml_text(node, "collection");
    g_autofree char *snapshot = xml_text(node, "snapshot");
    g_autofree char *name = xml_text(node, "state");
    gboolean discard = xml_child(node, "discard", NULL) != NULL;
    ApplyState state = APPLY_AS_IT_WAS;

    for (gsize i = 0; i < G_N_ELEMENTS(state_names); i++) {
        if (g_strcmp0(name, state_names[i]) == 0)
            state = (ApplyState)i;
    }

    return &apply_work_new(collection, snapshot, discard, state)->parent;
}

/* --- the work ------------------------------------------------------------------------------ */

static void
apply_work_free(JobWork *work)
{
    ApplyWork *self = apply_of(work);

    forget_applied(self);
    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self);
}

const JobWorkType apply_work_type = {
    .name = "snapshot-apply",
    .title = "Way back to a snapshot set",
    .job_type = JOB_TYPE_SNAPSHOT_APPLY,
    .block_type = JOB_BLOCK_TYPE_UNKNOWN,
    .cancelled = N_("Going back was cancelled"),
    .killed = N_("Going back was cancelled, and what was changed is put back"),
    .interrupted = N_("Going back was interrupted; what is not put back by now the next command "
                      "for snapshots of the same domains puts back"),
    .describe = apply_work_describe,
    .directory = apply_work_directory,
    .run = apply_work_run,
    .has_left = apply_work_has_left,
    .left_changed = apply_work_left_changed,
    .discard = apply_work_discard,
    .device = apply_work_device,
    .plan = apply_work_plan,
    .format = apply_work_format,
    .parse = apply_work_parse,
    .free = apply_work_free,
};

ApplyWork *
apply_work_new(const char *collection, const char *snapshot, gboolean discard, ApplyState state)
{
    ApplyWork *self = g_new0(ApplyWork, 1);

    job_work_init(&self->parent, &apply_work_type);
    self->collection = g_strdup(collection);
    self->snapshot = g_strdup(snapshot);
    self->discard = discard;
    self->state = state;

    return self;
}
