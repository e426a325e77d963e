/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/members.h"
#include "snapshot/reference-point.h"
#include "snapshot/reference-work.h"
#include "snapshot/set-plan-variant.h"
#include "util/format.h"
#include "util/strings.h"
#include "util/xml.h"

/* virDomainBlockJobType: no block job moves anything. */
#define JOB_BLOCK_TYPE_UNKNOWN 0

static ReferenceWork *
reference_of(JobWork *work)
{
    return (ReferenceWork *)work;
}

static char *
reference_work_describe(const JobWork *work)
{
    const ReferenceWork *self = (const ReferenceWork *)work;

    return g_strdup_printf("%s of %s, %s", work->type->title, self->collection, self->name);
}

static const char *
reference_work_directory(const JobWork *work)
{
    return NULL;
}

/* --- what is left ------------------------------------------------------------------ */

/* Nothing is left for a later run: all members have the reference point or none has it, as far as
 * it could be taken back. */
static gboolean
reference_work_has_left(JobWork *work)
{
    return FALSE;
}

static gint64
reference_work_left_changed(JobWork *work)
{
    return 0;
}

static gboolean
reference_work_discard(JobWork *work, GError **error)
{
    const ReferenceWork *self = reference_of(work);

    if (!self->left)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("perhaps a part of the reference point '%s'; 'virtsnap "
                  "reference-point-delete' removes it"),
                self->name);

    return FALSE;
}

static guint64
reference_work_device(JobWork *work)
{
    return 0;
}

/* --- its run -------------------------------------------------------------------------- */

static gboolean
plan_points(ReferenceWork *self, Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    gboolean create = self->parent.type == &reference_create_work_type;

    self->plan = create ? reference_plan_create(hypervisor, domains, self->name, error)
                        : reference_plan_delete(hypervisor, domains, self->name, error);
    if (self->plan)
        strings_append(self->warnings, self->plan->warnings);

    return self->plan != NULL;
}

static gboolean
announce_points(const ReferenceWork *self, JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    g_autoptr(JobReport) report = job_report_new();
    const JobPlanned planned = {
        .end = self->plan->members->len,
        .disks = nothing,
        .parts = nothing,
        .warnings = self->warnings,
        .report = report,
    };

    return job_run_planned(run, &planned, error);
}

static gboolean
carry_out(ReferenceWork *self, Hypervisor *hypervisor, Control *control, GError **error)
{
    if (self->parent.type == &reference_create_work_type)
        return reference_plan_make(self->plan, hypervisor, control, self->warnings, &self->left,
                                   error);

    return reference_plan_drop(self->plan, hypervisor, control, self->warnings, error);
}

static void
forget_points(ReferenceWork *self)
{
    g_ptr_array_set_size(self->warnings, 0);
    g_clear_pointer(&self->plan, reference_plan_free);
    self->left = FALSE;
}

static gboolean
reference_work_run(JobWork *work, JobRun *run, GError **error)
{
    ReferenceWork *self = reference_of(work);
    g_autoptr(Members) members = members_new(self->collection, NULL, error);
    Hypervisor *hypervisor = members ? job_run_hypervisor(run, error) : NULL;
    gboolean done;

    forget_points(self);
    if (!hypervisor || !plan_points(self, hypervisor, members->domains, error))
        return FALSE;
    if (self->parent.dry_run)
        return TRUE;
    if (!announce_points(self, run, error))
        return FALSE;
    job_run_set_kept(run, FALSE);
    job_run_hold_guests(run, TRUE);
    done = carry_out(self, hypervisor, job_run_control(run), error);
    job_run_set_result(run, done ? job_report_new() : NULL, strings_copy(self->warnings));

    return done;
}

static GVariant *
reference_work_plan(const JobWork *work)
{
    const ReferenceWork *self = (const ReferenceWork *)work;

    return reference_plan_format(self->plan, self->collection, self->name, self->warnings);
}

/* --- its record ------------------------------------------------------------------------- */

static void
reference_work_format(const JobWork *work, xmlNode *node)
{
    const ReferenceWork *self = (const ReferenceWork *)work;

    xml_add(node, "collection", self->collection);
    xml_add(node, "referencePoint", self->name);
}

static JobWork *
parse_as(const JobWorkType *type, xmlNode *node, GError **error)
{
    g_autofree char *collection = xml_text(node, "collection");
    g_autofree char *name = xml_text(node, "referencePoint");
    ReferenceWork *self = reference_work_new(type, collection, name, error);

    return self ? &self->parent : NULL;
}

static JobWork *
parse_create(xmlNode *node, GError **error)
{
    return parse_as(&reference_create_work_type, node, error);
}

static JobWork *
parse_delete(xmlNode *node, GError **error)
{
    return parse_as(&reference_delete_work_type, node, error);
}

/* --- the work ------------------------------------------------------------------------------ */

static void
reference_work_free(JobWork *work)
{
    ReferenceWork *self = reference_of(work);

    g_free(self->collection);
    g_free(self->name);
    reference_plan_free(self->plan);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

const JobWorkType reference_create_work_type = {
    .name = "reference-point",
    .title = "Reference point",
    .job_type = JOB_TYPE_REFERENCE_POINT_CREATE,
    .block_type = JOB_BLOCK_TYPE_UNKNOWN,
    .cancelled = N_("The making of the reference point was cancelled"),
    .interrupted = N_("The making of the reference point was interrupted; a part of it may be "
                      "there, which can be deleted"),
    .describe = reference_work_describe,
    .directory = reference_work_directory,
    .run = reference_work_run,
    .has_left = reference_work_has_left,
    .left_changed = reference_work_left_changed,
    .discard = reference_work_discard,
    .device = reference_work_device,
    .plan = reference_work_plan,
    .format = reference_work_format,
    .parse = parse_create,
    .free = reference_work_free,
};

const JobWorkType reference_delete_work_type = {
    .name = "reference-point-delete",
    .title = "Removal of a reference point",
    .job_type = JOB_TYPE_REFERENCE_POINT_DELETE,
    .block_type = JOB_BLOCK_TYPE_UNKNOWN,
    .cancelled = N_("The removal of the reference point was cancelled"),
    .interrupted = N_("The removal of the reference point was interrupted; the next one completes "
                      "it"),
    .describe = reference_work_describe,
    .directory = reference_work_directory,
    .run = reference_work_run,
    .has_left = reference_work_has_left,
    .left_changed = reference_work_left_changed,
    .discard = reference_work_discard,
    .device = reference_work_device,
    .plan = reference_work_plan,
    .format = reference_work_format,
    .parse = parse_delete,
    .free = reference_work_free,
};

ReferenceWork *
reference_work_new(const JobWorkType *type, const char *collection, const char *name,
                   GError **error)
{
    ReferenceWork *self;

    if (name && !reference_point_check_name(name, error))
        return NULL;
    self = g_new0(ReferenceWork, 1);
    job_work_init(&self->parent, type);
    self->left = type == &reference_create_work_type;
    self->collection = g_strdup(collection);
    self->name =
        name ? g_strdup(name) : format_time_name(g_get_real_time() / G_USEC_PER_SEC);
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}
