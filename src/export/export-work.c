/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "export/export-report.h"
#include "export/export-work.h"
#include "export/plan-base.h"
#include "export/plan-points.h"
#include "export/plan-variant.h"
#include "snapshot/reference-point.h"
#include "snapshot/set-left.h"
#include "transfer/engine.h"
#include "util/strings.h"
#include "util/xml.h"

/* --- subject ----------------------------------------------------------------- */

static ExportWork *
export_of(JobWork *work)
{
    return (ExportWork *)work;
}

static const ExportWork *
export_of_const(const JobWork *work)
{
    return (const ExportWork *)work;
}

static char *
export_work_describe(const JobWork *work)
{
    const ExportPlace *place = export_of_const(work)->place;

    return g_strdup_printf("Export of %s, %s", place->name, place->snapshot);
}

static const char *
export_work_directory(const JobWork *work)
{
    return export_of_const(work)->place->directory;
}

/* --- target -------------------------------------------------------------------- */

static gboolean
export_work_has_left(JobWork *work)
{
    g_autoptr(Target) target = target_left_at(export_of(work)->place);

    return target_has_left(target);
}

static gint64
export_work_left_changed(JobWork *work)
{
    g_autoptr(Target) target = target_left_at(export_of(work)->place);

    return target_left_changed(target);
}

static gboolean
remove_partial_export(const ExportWork *self, GError **error)
{
    g_autoptr(Target) target = target_left_at(self->place);

    return !target_has_left(target) || export_discard(target, error);
}

/* A set that was made for the export and is still there has to be merged back, for which the next
 * command has the hypervisor. */
static gboolean
export_work_discard(JobWork *work, GError **error)
{
    const ExportWork *self = export_of(work);
    g_autofree char *set = g_strconcat(TEMPORARY_SET_PREFIX, self->place->snapshot, NULL);
    const SetLeft left = {
        .collection = self->collection,
        .domains = self->domains,
        .snapshot = set,
        .temporary = TRUE,
    };

    return remove_partial_export(self, error) &&
           (!export_settings_need_set(self->settings) || set_left_check(&left, error));
}

/* An export gets its name when everything is in it, so a manifest tells that it is complete. */
static char *
export_work_finished(JobWork *work)
{
    g_autofree char *path = target_path_of(export_of(work)->place);
    g_autofree char *manifest = g_build_filename(path, MANIFEST_FILE, NULL);

    return g_file_test(manifest, G_FILE_TEST_EXISTS) ? g_steal_pointer(&path) : NULL;
}

gboolean
export_work_check(const ExportWork *self, guint64 *device, GError **error)
{
    g_autoptr(Target) target = target_new(self->place, error);
    TargetSpace space = {0};

    *device = target && target_space(target, &space, NULL) ? space.device : 0;

    return target != NULL;
}

static guint64
export_work_device(JobWork *work)
{
    guint64 device;

    return export_work_check(export_of(work), &device, NULL) ? device : 0;
}

/* --- run ------------------------------------------------------------------------ */

/* The settings for this run, with the number of simultaneous transfers limited to what the program
 * allows. */
static VirtSnapExportSettings *
export_settings_for(const ExportWork *self, const JobRun *run)
{
    VirtSnapExportSettings *settings = virt_snap_export_settings_copy(self->settings);
    guint wanted = settings->parallel > 0 ? settings->parallel : ENGINE_WORKERS;
    guint allowed = job_run_workers(run);

    if (allowed > 0)
        settings->parallel = MIN(wanted, allowed);

    return settings;
}

static gboolean
find_export_members(ExportWork *self, Hypervisor *hypervisor, GError **error)
{
    if (!self->members) {
        g_auto(GStrv) domains = strings_to_strv(self->domains);

        self->members = members_new(self->collection, domains, error);
    }

    return self->members && members_find(self->members, hypervisor, error);
}

/* Not owned: the UUIDs of all that are exported. */
static GPtrArray *
list_members(const Plan *plan)
{
    GPtrArray *members = g_ptr_array_new();

    for (guint i = 0; i < plan->domains->len; i++)
        g_ptr_array_add(members, ((PlanDomain *)g_ptr_array_index(plan->domains, i))->uuid);

    return members;
}

/* Of a base without any of the members nothing is used: somebody has named another one's. */
static gboolean
check_base_members(Plan *plan, const ExportBase *base, GPtrArray *members, GError **error)
{
    if (export_base_has_any(base->manifest, members))
        return TRUE;
    if (!plan->settings->strict) {
        plan_warn(plan, _("The base '%s' has no member of this collection: all is exported"),
                  base->path);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The base '%s' has no member of this collection; name another one, or export "
                  "without --strict, and all is exported"),
                base->path);

    return FALSE;
}

/* Applies the base to the plan, if the settings name one. */
static gboolean
take_base(const ExportWork *self, Hypervisor *hypervisor, Plan *plan, const Target *target,
          GError **error)
{
    const char *name = self->settings->base;
    g_autofree char *checkpoint = name ? reference_point_checkpoint(name) : NULL;
    g_autofree char *none = NULL;
    g_autoptr(GPtrArray) members = list_members(plan);
    ExportBase *base = NULL;
    TargetSpace space;

    if (!name)
        return TRUE;
    if (!target_space(target, &space, error) ||
        !export_base_find(name, checkpoint, self->place, self->collection, members, &base,
                          plan->warnings, error))
        return FALSE;
    if (base && (!check_base_members(plan, base, members, error) ||
                 !plan_points_find(hypervisor, plan, base, error))) {
        export_base_free(base);
        return FALSE;
    }
    if (base)
        return plan_base_apply(plan, base, space.device, error);
    none = export_base_none(self->place);
    plan_warn(plan, "%s", none);

    return TRUE;
}

/* Returns: the plan of the export in the present state, owned by the caller; NULL with an error. */
static Plan *
plan_export(const ExportWork *self, JobRun *run, const ExportSubject *what, const Target *target,
            GError **error)
{
    Hypervisor *hypervisor = job_run_hypervisor(run, NULL);
    g_autoptr(Plan) plan = export_plan(hypervisor, what, job_run_control(run), error);

    for (guint i = 0; plan && i < self->notes->len; i++)
        plan_warn(plan, "%s", (const char *)g_ptr_array_index(self->notes, i));
    if (!plan || !take_base(self, hypervisor, plan, target, error) ||
        !plan_points_make(hypervisor, plan, self->place, error) ||
        !export_check_space(plan, target, error))
        return NULL;

    return g_steal_pointer(&plan);
}

/* Reports the plan to the job. */
static gboolean
announce_export_plan(const Plan *plan, const Target *target, JobRun *run, GError **error)
{
    g_autoptr(JobReport) report = export_report_new(plan, target_path(target));
    g_autoptr(GPtrArray) parts = NULL;
    g_autoptr(GPtrArray) disks = export_report_disks(plan, &parts);
    const JobPlanned planned = {
        .end = export_weight(plan),
        .disks = disks,
        .parts = parts,
        .bandwidth = plan->settings->bandwidth,
        .warnings = plan->warnings,
        .report = report,
    };

    return job_run_planned(run, &planned, error);
}

/* --- a set that is made for it ---------------------------------------------------- */

static TemporarySet *
plan_set(const ExportWork *self, Hypervisor *hypervisor, GError **error)
{
    VirtSnapLiveState live = self->settings->live;
    CreateSettings settings = {
        .level = live == VIRT_SNAP_LIVE_APPLICATION_CONSISTENT ? MOMENT_FREEZE : MOMENT_PAUSE,
        .memory = live == VIRT_SNAP_LIVE_MEMORY,
        .best_effort = TRUE,
        .exclude = self->settings->exclude,
    };

    if (!create_settings_check(&settings, error))
        return NULL;

    return temporary_set_new(hypervisor, self->collection, self->members->domains,
                             self->place->snapshot, &settings, error);
}

/* Makes the set. @plan: of the present state, which is checked before the set is made; replaced by
 * the plan of the set. */
static gboolean
make_set(ExportWork *self, JobRun *run, const ExportSubject *what, const Target *target,
         Plan **plan, GError **error)
{
    if (!announce_export_plan(*plan, target, run, error))
        return FALSE;
    job_run_hold_guests(run, TRUE);
    if (!temporary_set_make(self->set, job_run_control(run), self->notes, error))
        return FALSE;
    plan_free(*plan);
    *plan = plan_export(self, run, what, target, error);

    return *plan != NULL;
}

/* Removes the set, whether the export succeeded or not. A warning says so if it has to be removed
 * later. */
static void
remove_set(ExportWork *self, JobRun *run, const Plan *plan, gboolean done, GError **error)
{
    g_autoptr(GPtrArray) warnings = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GError) why = NULL;

    if (!temporary_set_remove(self->set, warnings, &why))
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("The temporary snapshot '%s' could not be removed; the "
                                          "next command of the same domains tries again: %s"),
                                        temporary_set_record(self->set)->snapshot, why->message));
    control_advance(job_run_control(run), EXPORT_SET_WEIGHT);
    for (guint i = 0; i < warnings->len; i++) {
        const char *text = g_ptr_array_index(warnings, i);

        if (done)
            g_ptr_array_add(self->result.warnings, g_strdup(text));
        else
            g_prefix_error(error, "%s. ", text);
    }
    if (done && warnings->len > 0)
        job_run_set_result(run, export_report_new(plan, self->path),
                           strings_copy(self->result.warnings));
    /* The work of a finished job is kept for a while; the set is not locked so long. */
    g_clear_pointer(&self->set, temporary_set_free);
}

/* --- the run ------------------------------------------------------------------------ */

static void
forget_export_results(ExportWork *self)
{
    export_result_clear(&self->result);
    self->result = (ExportResult){0};
    g_clear_pointer(&self->plan, plan_free);
    g_clear_pointer(&self->path, g_free);
}

gboolean
export_work_carry_out(ExportWork *self, JobRun *run, Hypervisor *hypervisor, Plan *plan,
                      Target *target, GError **error)
{
    g_autoptr(Target) owned = target;
    gboolean done;

    forget_export_results(self);
    if (!announce_export_plan(plan, owned, run, error))
        return FALSE;
    if (plan_is_live(plan))
        job_run_hold_guests(run, TRUE);
    done = export_execute(hypervisor, plan, owned, job_run_control(run), job_run_resumes(run),
                          &self->result, error);
    job_run_set_kept(run, self->result.kept);
    if (!done)
        return FALSE;
    self->path = g_strdup(target_path(owned));
    job_run_set_result(run, export_report_new(plan, self->path),
                       strings_copy(self->result.warnings));
    job_run_set_findings(run, export_report_findings(&self->result));

    return TRUE;
}

static gboolean
prepare_export(ExportWork *self, JobRun *run, Plan **plan, Target **target, GError **error)
{
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(VirtSnapExportSettings) settings = export_settings_for(self, run);
    g_autoptr(DomainLocks) locks = NULL;
    ExportSubject what = {
        .collection = self->collection,
        .snapshot = self->place->snapshot,
        .settings = settings,
    };

    if (!hypervisor || !find_export_members(self, hypervisor, error))
        return FALSE;
    what.collections = self->members->collections;
    what.domains = self->members->domains;
    export_place_take_name(self->place, export_name(&what));
    *target = target_new(self->place, error);
    if (!*target)
        return FALSE;
    if (!self->parent.dry_run && export_settings_need_set(settings)) {
        locks = domain_locks_take(hypervisor, self->members->domains, job_run_control(run), error);
        if (!locks)
            return FALSE;
    }
    if (!self->parent.dry_run)
        temporary_set_recover(hypervisor, self->members->domains, locks, self->notes);
    if (export_settings_need_set(settings)) {
        self->set = plan_set(self, hypervisor, error);
        if (!self->set)
            return FALSE;
        what.set = temporary_set_record(self->set);
    }
    *plan = plan_export(self, run, &what, *target, error);
    if (!*plan || !self->set || self->parent.dry_run)
        return *plan != NULL;

    return make_set(self, run, &what, *target, plan, error);
}

static gboolean
export_work_run(JobWork *work, JobRun *run, GError **error)
{
    ExportWork *self = export_of(work);
    g_autoptr(Plan) plan = NULL;
    g_autoptr(Target) target = NULL;
    gboolean done;

    forget_export_results(self);
    g_clear_pointer(&self->set, temporary_set_free);
    g_ptr_array_set_size(self->notes, 0);
    done = prepare_export(self, run, &plan, &target, error);
    if (done && self->parent.dry_run) {
        self->path = g_strdup(target_path(target));
        self->plan = g_steal_pointer(&plan);
        return TRUE;
    }
    done = done && export_work_carry_out(self, run, job_run_hypervisor(run, NULL), plan,
                                         g_steal_pointer(&target), error);
    if (self->set)
        remove_set(self, run, plan, done, error);

    return done;
}

static GVariant *
export_work_plan(const JobWork *work)
{
    const ExportWork *self = (const ExportWork *)work;

    return plan_format(self->plan, self->path);
}

/* --- record ----------------------------------------------------------------------- */

static void
add_export_text(xmlNode *parent, const char *name, const char *text)
{
    if (text && *text)
        xml_add(parent, name, text);
}

static void
export_work_format(const JobWork *work, xmlNode *node)
{
    const ExportWork *self = export_of_const(work);
    g_autofree char *settings = virt_snap_export_settings_format(self->settings);

    add_export_text(node, "collection", self->collection);
    for (guint i = 0; i < self->domains->len; i++)
        xml_add(node, "domain", g_ptr_array_index(self->domains, i));
    xml_add(node, "snapshot", self->place->snapshot);
    xml_add(node, "directory", self->place->directory);
    /* The settings are stored as the text of their own document, so that there is only one parser
     * for them. */
    xml_add(node, "settings", settings);
}

/* Makes the work. @domains, @place, @settings: (transfer full). */
static ExportWork *
export_work_new_with(const char *collection, GPtrArray *domains, ExportPlace *place,
                     VirtSnapExportSettings *settings)
{
    ExportWork *self = g_new0(ExportWork, 1);
    const ExportSubject what = {.collection = collection, .domains = domains};

    job_work_init(&self->parent, &export_work_type);
    self->collection = g_strdup(collection);
    self->domains = domains;
    self->place = place;
    self->settings = settings;
    self->notes = g_ptr_array_new_with_free_func(g_free);
    export_place_take_name(place, export_name(&what));

    return self;
}

static JobWork *
export_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *text = xml_text(node, "settings");
    g_autofree char *collection = xml_text(node, "collection");
    g_autofree char *snapshot = xml_text(node, "snapshot");
    g_autofree char *where = xml_text(node, "directory");
    g_autoptr(GPtrArray) nodes = xml_nodes(node, "domain");
    VirtSnapExportSettings *settings = virt_snap_export_settings_parse(text, strlen(text), error);
    GPtrArray *domains;
    ExportPlace *place;

    if (!settings)
        return NULL;
    domains = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(domains, xml_text(g_ptr_array_index(nodes, i), "."));
    place = export_place_new(where, NULL, snapshot, settings->subdirectory);

    return &export_work_new_with(collection, domains, place, settings)->parent;
}

/* --- constructor and table ---------------------------------------------------------- */

static void
export_work_free(JobWork *work)
{
    ExportWork *self = export_of(work);

    forget_export_results(self);
    g_free(self->collection);
    g_ptr_array_unref(self->domains);
    export_place_free(self->place);
    virt_snap_export_settings_free(self->settings);
    members_free(self->members);
    temporary_set_free(self->set);
    g_ptr_array_unref(self->notes);
    g_free(self);
}

const JobWorkType export_work_type = {
    .name = "export",
    .title = "Export",
    .job_type = JOB_TYPE_EXPORT,
    .block_type = JOB_BLOCK_TYPE_BACKUP,
    .cancelled = N_("The export was cancelled"),
    .interrupted = N_("The export was interrupted; it can be resumed"),
    .forced = N_("ended by force; the partial directory is left: the next export of the same "
                 "set removes it, or with --resume resumes the export"),
    .describe = export_work_describe,
    .directory = export_work_directory,
    .run = export_work_run,
    .has_left = export_work_has_left,
    .left_changed = export_work_left_changed,
    .discard = export_work_discard,
    .finished = export_work_finished,
    .device = export_work_device,
    .plan = export_work_plan,
    .format = export_work_format,
    .parse = export_work_parse,
    .free = export_work_free,
};

ExportWork *
export_work_new(const char *collection, Members *members, ExportPlace *place,
                VirtSnapExportSettings *settings)
{
    GPtrArray *domains = collection ? g_ptr_array_new_with_free_func(g_free)
                                    : strings_copy(members->domains);
    ExportWork *self = export_work_new_with(collection, domains, place, settings);

    self->members = members;

    return self;
}
