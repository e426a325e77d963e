/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "snapshot/convert-set.h"
#include "snapshot/delete-run.h"
#include "snapshot/delete-work.h"
#include "snapshot/domain-locks.h"
#include "snapshot/set-plan-variant.h"
#include "snapshot/set-recover.h"
#include "util/strings.h"
#include "util/xml.h"

/* virDomainBlockJobType: what is merged last is usually the active layer. */
#define JOB_BLOCK_TYPE_ACTIVE_COMMIT 4

static DeleteWork *
delete_of(JobWork *work)
{
    return (DeleteWork *)work;
}

static const DeleteWork *
delete_of_const(const JobWork *work)
{
    return (const DeleteWork *)work;
}

static gboolean
is_conversion(const DeleteWork *self)
{
    return self->parent.type == &convert_work_type;
}

static char *
delete_work_describe(const JobWork *work)
{
    const DeleteWork *self = delete_of_const(work);

    return g_strdup_printf("%s of %s, %s", is_conversion(self) ? "Conversion" : "Removal",
                           self->collection, self->snapshot);
}

static const char *
delete_work_directory(const JobWork *work)
{
    return NULL;
}

/* --- what is left ------------------------------------------------------------------ */

/* Nothing has to be undone: domains have their data after every step, and a new run finds out
 * what is still to be done. */
static gboolean
delete_work_has_left(JobWork *work)
{
    return FALSE;
}

static gint64
delete_work_left_changed(JobWork *work)
{
    return 0;
}

static gboolean
delete_work_discard(JobWork *work, GError **error)
{
    return TRUE;
}

static guint64
delete_work_device(JobWork *work)
{
    return 0;
}

/* --- its run -------------------------------------------------------------------------- */

/* Adds a part of the progress for each disk, in the order in which delete_run() numbers them. */
static void
add_delete_disks(const DeletePlan *plan, GPtrArray *disks, GPtrArray *parts)
{
    guint part = 0;

    for (guint i = 0; i < plan->members->len; i++) {
        const DeleteMember *member = g_ptr_array_index(plan->members, i);

        for (guint j = 0; j < member->disks->len; j++) {
            const DeleteDisk *disk = g_ptr_array_index(member->disks, j);
            GArray *numbers = g_array_new(FALSE, FALSE, sizeof(guint));
            JobDisk *one = job_disk_new(member->domain->name, disk->target,
                                        disk->base ? disk->base->path : "");

            part++;
            g_array_append_val(numbers, part);
            one->figures.end = MAX(disk->bytes, 1);
            g_ptr_array_add(disks, one);
            g_ptr_array_add(parts, numbers);
        }
    }
}

static JobReport *
delete_report_new(const DeletePlan *plan)
{
    JobReport *report = job_report_new();

    for (guint i = 0; i < plan->members->len; i++) {
        const DeleteMember *member = g_ptr_array_index(plan->members, i);

        g_ptr_array_add(report->domains, g_strdup(member->domain->uuid));
    }

    return report;
}

static gboolean
announce_delete(const DeleteWork *self, JobRun *run, GError **error)
{
    g_autoptr(GPtrArray) disks = job_disks_new();
    g_autoptr(GPtrArray) parts = g_ptr_array_new_with_free_func((GDestroyNotify)g_array_unref);
    g_autoptr(JobReport) report = delete_report_new(self->plan);
    JobPlanned planned = {
        .end = self->plan->bytes + 1,
        .bandwidth = self->bandwidth,
        .warnings = self->warnings,
        .report = report,
    };

    add_delete_disks(self->plan, disks, parts);
    planned.disks = disks;
    planned.parts = parts;

    return job_run_planned(run, &planned, error);
}

static void
forget_deleted(DeleteWork *self)
{
    g_clear_pointer(&self->plan, delete_plan_free);
    g_clear_pointer(&self->state, set_state_free);
    g_clear_pointer(&self->records, g_ptr_array_unref);
    g_clear_pointer(&self->warnings, g_ptr_array_unref);
}

static gboolean
is_record_of(const SetRecord *record, const DeletePlan *plan)
{
    guint found = 0;

    if (!g_str_equal(record->snapshot, plan->snapshot))
        return FALSE;
    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *one = g_ptr_array_index(record->members, i);

        found += domain_survey_find_uuid(plan->gone, one->uuid) != NULL;
    }

    return found == record->members->len;
}

static gboolean
has_any_of(const DeletePlan *plan, const SetRecord *record)
{
    for (guint i = 0; i < plan->members->len; i++) {
        const DeleteMember *member = g_ptr_array_index(plan->members, i);

        if (set_record_member(record, member->domain->uuid))
            return TRUE;
    }

    return FALSE;
}

/* Finds the record of the set whose checkpoints go with its snapshots. Those of another set have
 * another id. */
static gboolean
find_point(DeleteWork *self, GError **error)
{
    self->records = set_store_load(error);
    for (guint i = 0; self->records && i < self->records->len; i++) {
        const SetRecord *record = g_ptr_array_index(self->records, i);

        if (record->point && g_str_equal(record->snapshot, self->plan->snapshot) &&
            has_any_of(self->plan, record))
            self->plan->with_point = record;
    }

    return self->records != NULL;
}

static gboolean
make_delete_plan(DeleteWork *self, Hypervisor *hypervisor, GPtrArray *domains, GError **error)
{
    DeleteSubject subject = {
        .collection = self->collection,
        .snapshot = self->snapshot,
        .names = domains,
        .metadata = self->metadata,
        .whole = TRUE,
    };

    if (is_conversion(self)) {
        self->state =
            convert_look(hypervisor, self->collection, domains, self->snapshot, error);
        if (!self->state)
            return FALSE;
        subject.none_left = self->state->record->converting;
    }
    self->plan = delete_plan_make(hypervisor, &subject, error);

    return self->plan && (self->state || self->metadata || find_point(self, error));
}

/* To forget what libvirt knows is the way out where what a killed command has left cannot be put in
 * order. */
static gboolean
recover_before_delete(DeleteWork *self, Hypervisor *hypervisor, GPtrArray *domains,
                      const DomainLocks *held, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (set_recover(hypervisor, domains, held, self->warnings, &why))
        return TRUE;
    if (!self->metadata) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    g_ptr_array_add(self->warnings, g_strdup(why->message));

    return TRUE;
}

static gboolean
prepare_delete(DeleteWork *self, Hypervisor *hypervisor, Control *control, DomainLocks **locks,
               GError **error)
{
    g_autoptr(Members) members = members_new(self->collection, NULL, error);

    return members &&
           (self->parent.dry_run ||
            ((*locks = domain_locks_take(hypervisor, members->domains, control, error)) &&
             recover_before_delete(self, hypervisor, members->domains, *locks, error))) &&
           make_delete_plan(self, hypervisor, members->domains, error);
}

/* Removes the records of this set, and of other sets whose snapshots are all gone now. */
static void
remove_records(const DeletePlan *plan, GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records = set_store_load(&error);

    for (guint i = 0; records && !error && i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (is_record_of(record, plan) && !set_store_remove(record->id, &error))
            break;
    }
    if (error)
        g_ptr_array_add(warnings, g_strdup(error->message));
}

static gboolean
carry_out_delete(DeleteWork *self, Hypervisor *hypervisor, JobRun *run, GError **error)
{
    if ((self->state && !convert_mark(self->state, error)) ||
        !delete_run(hypervisor, self->plan, job_run_control(run), run, self->warnings, error))
        return FALSE;
    remove_records(self->plan, self->warnings);
    if (self->state)
        convert_tell(hypervisor, self->state, self->warnings);

    return TRUE;
}

static gboolean
delete_work_run(JobWork *work, JobRun *run, GError **error)
{
    DeleteWork *self = delete_of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(DomainLocks) locks = NULL;
    gboolean done;

    forget_deleted(self);
    self->warnings = g_ptr_array_new_with_free_func(g_free);
    if (!hypervisor ||
        !prepare_delete(self, hypervisor, job_run_control(run), &locks, error))
        return FALSE;
    strings_append(self->warnings, self->plan->warnings);
    if (self->parent.dry_run)
        return TRUE;
    if (!announce_delete(self, run, error))
        return FALSE;
    job_run_set_kept(run, FALSE);
    job_run_hold_guests(run, TRUE);
    done = carry_out_delete(self, hypervisor, run, error);
    job_run_set_result(run, done ? delete_report_new(self->plan) : NULL,
                       strings_copy(self->warnings));

    return done;
}

static GVariant *
delete_work_plan(const JobWork *work)
{
    const DeleteWork *self = delete_of_const(work);

    return delete_plan_format(self->plan, self->state ? self->snapshot : NULL, self->warnings);
}

/* --- its record ------------------------------------------------------------------------- */

static void
delete_work_format(const JobWork *work, xmlNode *node)
{
    const DeleteWork *self = delete_of_const(work);

    xml_add(node, "collection", self->collection);
    xml_add(node, "snapshot", self->snapshot);
    if (self->metadata)
        xml_add(node, "metadata", NULL);
}

static JobWork *
delete_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *collection = xml_text(node, "collection");
    g_autofree char *snapshot = xml_text(node, "snapshot");
    gboolean metadata = xml_child(node, "metadata", NULL) != NULL;

    return &delete_work_new(collection, snapshot, metadata)->parent;
}

static JobWork *
convert_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *collection = xml_text(node, "collection");
    g_autofree char *snapshot = xml_text(node, "snapshot");

    return &convert_work_new(collection, snapshot)->parent;
}

/* --- the work ------------------------------------------------------------------------------ */

static void
delete_work_free(JobWork *work)
{
    DeleteWork *self = delete_of(work);

    forget_deleted(self);
    g_free(self->collection);
    g_free(self->snapshot);
    g_free(self);
}

const JobWorkType delete_work_type = {
    .name = "snapshot-delete",
    .title = "Removal of a snapshot set",
    .job_type = JOB_TYPE_SNAPSHOT_DELETE,
    .block_type = JOB_BLOCK_TYPE_ACTIVE_COMMIT,
    .cancelled = N_("The removal was cancelled; every domain has all its data, and the same "
                    "command resumes it"),
    .interrupted = N_("The removal was interrupted; every domain has all its data, and the same "
                      "command resumes it"),
    .describe = delete_work_describe,
    .directory = delete_work_directory,
    .run = delete_work_run,
    .has_left = delete_work_has_left,
    .left_changed = delete_work_left_changed,
    .discard = delete_work_discard,
    .device = delete_work_device,
    .plan = delete_work_plan,
    .format = delete_work_format,
    .parse = delete_work_parse,
    .free = delete_work_free,
};

const JobWorkType convert_work_type = {
    .name = "reference-point-convert",
    .title = "Conversion of a snapshot set to a reference point",
    .job_type = JOB_TYPE_REFERENCE_POINT_CONVERT,
    .block_type = JOB_BLOCK_TYPE_ACTIVE_COMMIT,
    .cancelled = N_("The conversion was cancelled; every domain has all its data, and the same "
                    "command resumes it"),
    .interrupted = N_("The conversion was interrupted; every domain has all its data, and the same "
                      "command resumes it"),
    .describe = delete_work_describe,
    .directory = delete_work_directory,
    .run = delete_work_run,
    .has_left = delete_work_has_left,
    .left_changed = delete_work_left_changed,
    .discard = delete_work_discard,
    .device = delete_work_device,
    .plan = delete_work_plan,
    .format = delete_work_format,
    .parse = convert_work_parse,
    .free = delete_work_free,
};

static DeleteWork *
new_removal(const JobWorkType *type, const char *collection, const char *snapshot)
{
    DeleteWork *self = g_new0(DeleteWork, 1);

    job_work_init(&self->parent, type);
    self->collection = g_strdup(collection);
    self->snapshot = g_strdup(snapshot);

    return self;
}

DeleteWork *
delete_work_new(const char *collection, const char *snapshot, gboolean metadata)
{
    DeleteWork *self = new_removal(&delete_work_type, collection, snapshot);

    self->metadata = metadata;

    return self;
}

DeleteWork *
convert_work_new(const char *collection, const char *snapshot)
{
    return new_removal(&convert_work_type, collection, snapshot);
}
