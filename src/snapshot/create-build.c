/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/domain-job.h"
#include "snapshot/create-disks.h"
#include "snapshot/create-point.h"
#include "snapshot/reference-point.h"
#include "util/format.h"
#include "util/name.h"
#include "util/strings.h"
#include "util/xml.h"

/* An upper bound for what a save image holds besides the memory: headers, XML and device states. */
#define SAVE_IMAGE_BYTES (16 * 1024 * 1024)

/* --- problems ---------------------------------------------------------------------------- */

static gboolean
none_in_the_way(const CreateProblems *problems, const char *snapshot, GError **error)
{
    g_auto(GStrv) texts = NULL;
    g_autofree char *text = NULL;

    if (problems->texts->len == 0)
        return TRUE;
    texts = strings_to_strv(problems->texts);
    text = g_strjoinv("; ", texts);
    g_set_error(error, VIRT_SNAP_ERROR, problems->code,
                _("The snapshot collection '%s' cannot be made, and nothing was changed: %s"),
                snapshot, text);

    return FALSE;
}

/* --- a member --------------------------------------------------------------------------------- */

static void
look_at_domain(CreateLook *look)
{
    const SnapshotLook *domain = look->look;
    g_autofree char *job = domain->job ? domain_job_describe(domain->job, domain->name) : NULL;

    if (g_ptr_array_find_with_equal_func(domain->snapshots, look->snapshot, g_str_equal, NULL))
        create_problem(look, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                       _("it has a snapshot '%s' already; choose another name"), look->snapshot);
    if (job)
        create_problem(look, VIRT_SNAP_ERROR_IN_USE, "%s", job);
    for (guint i = 0; i < domain->block_jobs->len; i++)
        create_problem(look, VIRT_SNAP_ERROR_IN_USE,
                       _("its disk '%s' has a block job (virsh blockjob shows it); wait for its "
                         "end"),
                       (const char *)g_ptr_array_index(domain->block_jobs, i));
    if (domain->saved && domain->state == DOMAIN_STATE_OFF)
        create_problem(look, VIRT_SNAP_ERROR_INVALID_STATE,
                       _("it has a saved state that goes with its disks as they are; start it, or "
                         "give that up (virsh managedsave-remove)"));
}

static guint64
memory_bytes(const SnapshotLook *look)
{
    g_autoptr(xmlDoc) doc = xml_parse(look->xml, strlen(look->xml), look->name, NULL);
    g_autofree char *kib = doc ? xml_text(xmlDocGetRootElement(doc), "./memory") : NULL;

    return (kib ? g_ascii_strtoull(kib, NULL, 10) * 1024 : 0) + SAVE_IMAGE_BYTES;
}

/* Plans the memory file: in the directory of the first disk's overlay. */
static void
plan_memory(CreateLook *look)
{
    g_autofree char *domain = name_to_component(look->look->name);
    g_autofree char *snapshot = name_to_component(look->snapshot);
    g_autofree char *name = g_strdup_printf("%s.%s.memory", domain, snapshot);
    const SetDisk *first;

    if (look->member->disks->len == 0)
        return;
    first = g_ptr_array_index(look->member->disks, 0);
    look->member->memory = create_new_file(look, first->overlay, name, memory_bytes(look->look));
}

static char *
document_of(const CreateLook *look, const char *mark, const char *disks)
{
    g_autoptr(GString) xml = g_string_new("<domainsnapshot>");
    g_autofree char *name = g_markup_escape_text(look->snapshot, -1);
    g_autofree char *memory =
        look->member->memory ? g_markup_escape_text(look->member->memory, -1) : NULL;

    g_string_append_printf(xml, "<name>%s</name><description>%s</description>", name, mark);
    if (memory)
        g_string_append_printf(xml, "<memory snapshot='external' file='%s'/>", memory);
    else if (!look->settings->internal)
        g_string_append(xml, "<memory snapshot='no'/>");
    g_string_append_printf(xml, "%s</domainsnapshot>", disks);

    return g_string_free(g_steal_pointer(&xml), FALSE);
}

static const char *
state_in_record(DomainState state)
{
    switch (state) {
    case DOMAIN_STATE_RUNNING:
        return "running";
    case DOMAIN_STATE_PAUSED:
        return "paused";
    default:
        return "shutoff";
    }
}

/* Returns: the consistency that moment_hold() is going to ask of a domain in @state. */
static Consistency
level_asked_of(const CreateSettings *settings, DomainState state)
{
    if (state == DOMAIN_STATE_OFF)
        return CONSISTENCY_OFFLINE;
    if (settings->memory || settings->internal)
        return CONSISTENCY_MEMORY;

    return settings->level == MOMENT_FREEZE  ? CONSISTENCY_APPLICATION
           : settings->level == MOMENT_PAUSE ? CONSISTENCY_CRASH
                                             : CONSISTENCY_UNKNOWN;
}

static void
plan_new_member(CreatePlan *plan, CreateLook *look)
{
    g_autofree char *mark = set_record_mark(plan->record);
    g_autofree char *disks = NULL;

    look->member = set_record_add(plan->record, look->look->name, look->look->uuid);
    look->member->state = g_strdup(state_in_record(look->look->state));
    look->member->kind = g_strdup(look->settings->internal ? "internal" : "external");
    look->member->asked = level_asked_of(look->settings, look->look->state);
    look_at_domain(look);
    disks = create_look_at_disks(look);
    if (look->settings->memory && !look->settings->internal &&
        look->look->state != DOMAIN_STATE_OFF)
        plan_memory(look);
    g_ptr_array_add(plan->documents, document_of(look, mark, disks ? disks : ""));
    g_ptr_array_add(plan->others, create_point_look_at_member(look));
}

/* --- the whole --------------------------------------------------------------------- */

gboolean
create_check_name(const char *name, GError **error)
{
    if (!name_check(name, _("snapshot"), error))
        return FALSE;
    if (!strchr(name, '/') && name[0] != '.')
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("'%s' is no name that libvirt takes for a snapshot: it has a '/', or begins with "
                  "a dot"),
                name);

    return FALSE;
}

static gboolean
plan_new_members(CreatePlan *plan, Hypervisor *hypervisor, GPtrArray *domains,
                 CreateProblems *problems, GError **error)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) needed =
        g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, g_free);

    for (guint i = 0; i < domains->len; i++) {
        g_autoptr(SnapshotLook) domain = hypervisor->ops->snapshots->look(
            hypervisor, g_ptr_array_index(domains, i), error);
        CreateLook look = {.hypervisor = hypervisor,
                           .settings = &plan->settings,
                           .snapshot = plan->record->snapshot,
                           .look = domain,
                           .problems = problems,
                           .warnings = plan->warnings,
                           .taken = taken,
                           .needed = needed};

        if (!domain)
            return FALSE;
        if (!set_record_member(plan->record, domain->uuid))
            plan_new_member(plan, &look);
    }

    return TRUE;
}

static CreatePlan *
create_plan_new(const char *collection, const char *snapshot, const CreateSettings *settings)
{
    CreatePlan *plan = g_new0(CreatePlan, 1);

    plan->settings = *settings;
    plan->record = set_record_new(collection, snapshot);
    plan->record->best_effort = settings->best_effort;
    plan->record->point = settings->reference_point ? g_uuid_string_random() : NULL;
    plan->documents = g_ptr_array_new_with_free_func(g_free);
    plan->others = g_ptr_array_new_with_free_func((GDestroyNotify)g_ptr_array_unref);
    plan->warnings = g_ptr_array_new_with_free_func(g_free);

    return plan;
}

static void
let_single_member_run(CreatePlan *plan)
{
    guint active = 0;

    for (guint i = 0; i < plan->record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(plan->record->members, i);

        active += !g_str_equal(member->state, "shutoff");
    }
    if (plan->settings.by_default && active <= 1)
        plan->settings.level = MOMENT_NONE;
}

CreatePlan *
create_plan(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
            const char *snapshot, const CreateSettings *settings, GError **error)
{
    g_autoptr(CreatePlan) plan = NULL;
    g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
    CreateProblems problems = {.texts = texts};

    if (!create_check_name(snapshot, error) ||
        (settings->reference_point && !reference_point_check_name(snapshot, error)))
        return NULL;
    plan = create_plan_new(collection, snapshot, settings);
    if (!plan_new_members(plan, hypervisor, domains, &problems, error) ||
        !none_in_the_way(&problems, snapshot, error) ||
        !create_point_check_followed(plan, error))
        return NULL;
    let_single_member_run(plan);

    return g_steal_pointer(&plan);
}
