/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "snapshot/create-run.h"
#include "snapshot/create-work.h"
#include "snapshot/domain-locks.h"
#include "snapshot/set-left.h"
#include "snapshot/set-plan-variant.h"
#include "snapshot/set-recover.h"
#include "util/dictionary.h"
#include "util/strings.h"
#include "util/xml.h"

/* virDomainBlockJobType: taking snapshots uses no block job. */
#define BLOCK_TYPE_UNKNOWN 0

static const char *const level_names[] = {
    [MOMENT_NONE] = "none",
    [MOMENT_FREEZE] = "freeze",
    [MOMENT_PAUSE] = "pause",
};

static CreateWork *
create_of(JobWork *work)
{
    return (CreateWork *)work;
}

static char *
create_work_describe(const JobWork *work)
{
    const CreateWork *self = (const CreateWork *)work;
    const char *of = self->collection      ? self->collection
                     : self->domains->len ? g_ptr_array_index(self->domains, 0)
                                          : "?";

    return g_strdup_printf("Snapshot of %s, %s", of, self->snapshot);
}

static const char *
create_work_directory(const JobWork *work)
{
    return NULL;
}

/* A run cannot be resumed. What an interrupted one has left is removed by set_recover() in the
 * next command for the same domains. */
static gboolean
create_work_has_left(JobWork *work)
{
    return FALSE;
}

static gint64
create_work_left_changed(JobWork *work)
{
    return 0;
}

/* What a run could not undo, or was not there to undo, only the next command can. */
static gboolean
create_work_discard(JobWork *work, GError **error)
{
    const CreateWork *self = create_of(work);
    const SetLeft left = {
        .collection = self->collection,
        .domains = self->domains,
        .snapshot = self->snapshot,
    };

    return set_left_check(&left, error);
}

static guint64
create_work_device(JobWork *work)
{
    return 0;
}

/* --- its run ---------------------------------------------------------------------------- */

static gboolean
find_members(CreateWork *self, Hypervisor *hypervisor, GError **error)
{
    if (!self->members) {
        g_auto(GStrv) domains = strings_to_strv(self->domains);

        self->members = members_new(self->collection, domains, error);
    }

    return self->members && members_find(self->members, hypervisor, error);
}

static void
forget_created(CreateWork *self)
{
    g_clear_pointer(&self->plan, create_plan_free);
    g_ptr_array_set_size(self->warnings, 0);
}

static gboolean
prepare_set(CreateWork *self, Hypervisor *hypervisor, Control *control, DomainLocks **locks,
            GError **error)
{
    if (!find_members(self, hypervisor, error) ||
        (!self->parent.dry_run &&
         (!(*locks = domain_locks_take(hypervisor, self->members->domains, control, error)) ||
          !set_recover(hypervisor, self->members->domains, *locks, self->warnings, error))))
        return FALSE;
    self->plan = create_plan(hypervisor, self->collection, self->members->domains, self->snapshot,
                             &self->settings, error);
    if (self->plan)
        strings_append(self->warnings, self->plan->warnings);

    return self->plan != NULL;
}

static JobReport *
create_report_new(const SetRecord *record)
{
    JobReport *report = job_report_new();

    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);

        g_ptr_array_add(report->domains, g_strdup(member->uuid));
        for (guint j = 0; j < member->disks->len; j++)
            g_ptr_array_add(
                report->disks,
                g_strdup(((const SetDisk *)g_ptr_array_index(member->disks, j))->source));
        if (member->memory)
            g_ptr_array_add(report->memory, g_strdup(member->memory));
    }

    return report;
}

static GVariant *
created_members(const SetRecord *record)
{
    GVariantBuilder members;

    g_variant_builder_init(&members, G_VARIANT_TYPE("aa{sv}"));
    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        gboolean less = member->reason != CONSISTENCY_REASON_NONE;

        g_variant_builder_open(&members, G_VARIANT_TYPE_VARDICT);
        dictionary_add_text(&members, "domain", member->domain);
        dictionary_add_text(&members, "kind", member->kind);
        dictionary_add_text(&members, "consistency", consistency_name(member->consistency));
        dictionary_add_text(&members, "reason",
                            less ? consistency_reason_name(member->reason) : NULL);
        g_variant_builder_add(&members, "{sv}", "frozen_ms",
                              g_variant_new_uint32(member->frozen_ms));
        g_variant_builder_close(&members);
    }

    return g_variant_builder_end(&members);
}

/* What has come of it, for the report of its job. */
static GVariant *
create_findings(const SetRecord *record)
{
    GVariantBuilder findings;

    g_variant_builder_init(&findings, G_VARIANT_TYPE_VARDICT);
    g_variant_builder_add(&findings, "{sv}", "window_ms",
                          g_variant_new_uint32(record->window_ms));
    dictionary_add_text(&findings, "referencePoint", record->point ? record->snapshot : NULL);
    g_variant_builder_add(&findings, "{sv}", "members", created_members(record));

    return g_variant_builder_end(&findings);
}

static gboolean
announce_create(const CreateWork *self, JobRun *run, GError **error)
{
    g_autoptr(JobReport) report = create_report_new(self->plan->record);
    g_autoptr(GPtrArray) nothing = g_ptr_array_new();
    const JobPlanned planned = {
        .end = self->plan->record->members->len,
        .disks = nothing,
        .parts = nothing,
        .warnings = self->warnings,
        .report = report,
    };

    return job_run_planned(run, &planned, error);
}

static gboolean
create_work_run(JobWork *work, JobRun *run, GError **error)
{
    CreateWork *self = create_of(work);
    Hypervisor *hypervisor = job_run_hypervisor(run, error);
    g_autoptr(DomainLocks) locks = NULL;
    gboolean done;

    forget_created(self);
    if (!hypervisor || !prepare_set(self, hypervisor, job_run_control(run), &locks, error))
        return FALSE;
    if (self->parent.dry_run)
        return TRUE;
    if (!announce_create(self, run, error))
        return FALSE;
    job_run_set_kept(run, FALSE);
    job_run_hold_guests(run, TRUE);
    done = create_run(hypervisor, self->plan, job_run_control(run), self->warnings, error);
    job_run_set_result(run, done ? create_report_new(self->plan->record) : NULL,
                       strings_copy(self->warnings));
    if (done)
        job_run_set_findings(run, create_findings(self->plan->record));

    return done;
}

static GVariant *
create_work_plan(const JobWork *work)
{
    const CreateWork *self = (const CreateWork *)work;

    return create_plan_format(self->plan, self->warnings);
}

/* --- its record --------------------------------------------------------------------------- */

static void
create_work_format(const JobWork *work, xmlNode *node)
{
    const CreateWork *self = (const CreateWork *)work;
    const CreateSettings *settings = &self->settings;
    xmlNode *how;

    if (self->collection)
        xml_add(node, "collection", self->collection);
    for (guint i = 0; i < self->domains->len; i++)
        xml_add(node, "domain", g_ptr_array_index(self->domains, i));
    xml_add(node, "snapshot", self->snapshot);
    how = xml_add(node, "how", NULL);
    xml_set(how, "level", level_names[settings->level]);
    xml_set(how, "memory", settings->memory ? "yes" : "no");
    xml_set(how, "internal", settings->internal ? "yes" : "no");
    xml_set(how, "bestEffort", settings->best_effort ? "yes" : "no");
    xml_set(how, "referencePoint", settings->reference_point ? "yes" : NULL);
    xml_set_uint(how, "timeout", settings->timeout);
}

static CreateWork *
new_work(const char *collection, GPtrArray *domains, const char *snapshot,
         const CreateSettings *settings)
{
    CreateWork *self = g_new0(CreateWork, 1);

    job_work_init(&self->parent, &create_work_type);
    self->collection = g_strdup(collection);
    self->domains = domains;
    self->snapshot = g_strdup(snapshot);
    self->settings = *settings;
    self->warnings = g_ptr_array_new_with_free_func(g_free);

    return self;
}

static JobWork *
create_work_parse(xmlNode *node, GError **error)
{
    g_autofree char *collection = xml_text(node, "collection");
    g_autofree char *snapshot = xml_text(node, "snapshot");
    g_autoptr(GPtrArray) nodes = xml_nodes(node, "domain");
    xmlNode *how = xml_child(node, "how", NULL);
    g_autofree char *level = xml_attr(how, "level");
    g_autofree char *timeout = xml_attr(how, "timeout");
    GPtrArray *domains = g_ptr_array_new_with_free_func(g_free);
    CreateSettings settings = {.memory = xml_is_yes(how, "./@memory", FALSE),
                               .internal = xml_is_yes(how, "./@internal", FALSE),
                               .best_effort = xml_is_yes(how, "./@bestEffort", FALSE),
                               .reference_point = xml_is_yes(how, "./@referencePoint", FALSE),
                               .timeout = g_ascii_strtoull(timeout, NULL, 10)};

    for (guint i = 0; i < G_N_ELEMENTS(level_names); i++) {
        if (g_str_equal(level_names[i], level))
            settings.level = i;
    }
    for (guint i = 0; i < nodes->len; i++)
        g_ptr_array_add(domains, xml_text(g_ptr_array_index(nodes, i), "."));

    return &new_work(collection, domains, snapshot, &settings)->parent;
}

/* --- the work ------------------------------------------------------------------------------- */

static void
create_work_free(JobWork *work)
{
    CreateWork *self = create_of(work);

    g_free(self->collection);
    g_ptr_array_unref(self->domains);
    g_free(self->snapshot);
    members_free(self->members);
    create_plan_free(self->plan);
    g_ptr_array_unref(self->warnings);
    g_free(self);
}

const JobWorkType create_work_type = {
    .name = "snapshot-create",
    .title = "Snapshot",
    .job_type = JOB_TYPE_SNAPSHOT_CREATE,
    .block_type = BLOCK_TYPE_UNKNOWN,
    .cancelled = N_("The making of the snapshot collection was cancelled"),
    .interrupted = N_("The making of the snapshot collection was interrupted; the next one of the "
                      "same domains removes what is left of it"),
    .describe = create_work_describe,
    .directory = create_work_directory,
    .run = create_work_run,
    .has_left = create_work_has_left,
    .left_changed = create_work_left_changed,
    .discard = create_work_discard,
    .device = create_work_device,
    .plan = create_work_plan,
    .format = create_work_format,
    .parse = create_work_parse,
    .free = create_work_free,
};

CreateWork *
create_work_new(const char *collection, Members *members, const char *snapshot,
                const CreateSettings *settings)
{
    GPtrArray *domains = collection ? g_ptr_array_new_with_free_func(g_free)
                                    : strings_copy(members->domains);
    CreateWork *self = new_work(collection, domains, snapshot, settings);

    self->members = members;

    return self;
}
