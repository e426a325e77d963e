/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "collection/set-store.h"
#include "hypervisor/snapshot-def.h"
#include "snapshot/create-point.h"
#include "snapshot/create-run.h"
#include "snapshot/create-undo.h"
#include "snapshot/create-watch.h"
#include "snapshot/snapshot-running.h"
#include "util/fd.h"
#include "util/strings.h"

/* What the threads that take the snapshots of the members share. */
typedef struct {
    Control *control;
    CreateWatch *watch;
} Taking;

/* The arguments of the thread that takes the snapshot of one member. */
typedef struct {
    const SetRecord *record;
    SetMember *member;
    const char *document;
    GPtrArray *others; /* char*: targets of disks without a checkpoint */
    gboolean disks_only;
    gboolean paused; /* (out): for the moment only, but the snapshot says so for good */
} MemberWork;

/* --- one member ---------------------------------------------------------------------------- */

/* Compares what libvirt recorded with what was asked for: only libvirt knows whether the domain
 * still ran when the snapshot was taken. */
static gboolean
check_made(const MomentMember *moment, const SnapshotDef *def, GError **error)
{
    gboolean off = g_strcmp0(def->state, "shutoff") == 0;

    if (off == (moment->state == DOMAIN_STATE_OFF))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The domain '%s' was started, or shut off, meanwhile; try again"),
                moment->domain);

    return FALSE;
}

/* Another program may have given the domain other images after the set was planned. */
static gboolean
check_frozen(const SetMember *member, const SnapshotDef *def, GError **error)
{
    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *now = g_ptr_array_index(def->disks, i);
        const SetDisk *disk = set_member_disk(member, now->target);

        if (!disk || g_strcmp0(now->storage->path, disk->source) == 0)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The disk '%s' of the domain '%s' was given another image than '%s' "
                      "meanwhile; try again"),
                    disk->target, member->domain, disk->source);
        return FALSE;
    }

    return TRUE;
}

static char *
take_snapshot(Hypervisor *hypervisor, const MemberWork *work, CreateWatch *watch, GError **error)
{
    char *xml;

    create_watch_begin(watch, work->member);
    xml = hypervisor->ops->snapshots->create(hypervisor, work->member->uuid, work->document,
                                             work->disks_only, error);
    create_watch_done(watch, work->member);

    return xml;
}

static gboolean
take_one(Hypervisor *hypervisor, MomentMember *moment, gpointer data, GError **error)
{
    MemberWork *work = moment->data;
    const Taking *taking = data;
    Control *control = taking->control;
    g_autofree char *xml = NULL;
    g_autoptr(SnapshotDef) def = NULL;

    if (control_is_cancelled(control))
        return control_pass(control, 0, error);
    if (!create_point_make(hypervisor, work->record, work->member, work->others, error))
        return FALSE;
    xml = take_snapshot(hypervisor, work, taking->watch, error);
    def = xml ? snapshot_def_parse(xml, moment->domain, error) : NULL;
    if (!def)
        return FALSE;
    work->member->creation_time = def->creation_time;
    /* The steps of an export are not those of the set that is made for it. */
    if (!work->record->temporary)
        control_advance(control, 1);
    work->paused = moment->state == DOMAIN_STATE_RUNNING && g_strcmp0(def->state, "paused") == 0;

    return check_made(moment, def, error) && check_frozen(work->member, def, error);
}

/* --- what came of it -------------------------------------------------------------------------- */

static Consistency
reached_by(const SetMember *member, const MomentMember *moment)
{
    return member->asked == CONSISTENCY_MEMORY && moment->reached == CONSISTENCY_CRASH
               ? CONSISTENCY_MEMORY
               : moment->reached;
}

static void
note_reached(SetRecord *record, const Moment *moment)
{
    for (guint i = 0; i < record->members->len; i++) {
        SetMember *member = g_ptr_array_index(record->members, i);
        const MomentMember *one = g_ptr_array_index(moment->members, i);

        member->consistency = reached_by(member, one);
        member->reason = one->reason;
        member->frozen_ms = one->frozen_ms;
    }
    record->created = moment->began / G_USEC_PER_SEC;
    record->window_ms = moment->window_ms;
    record->complete = TRUE;
}

static void
warn_of_less(const SetRecord *record, GPtrArray *warnings)
{
    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);

        if (member->reason == CONSISTENCY_REASON_NONE)
            continue;
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("Domain '%s': asked for the consistency '%s', reached "
                                          "'%s' (%s)"),
                                        member->domain, consistency_name(member->asked),
                                        consistency_name(member->consistency),
                                        consistency_reason_name(member->reason)));
    }
}

/* Undoes what was made. The record is removed only when everything that it names is. */
static void
take_set_back(Hypervisor *hypervisor, const SetRecord *record, GPtrArray *warnings, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (create_undo(hypervisor, record, FALSE, warnings, &why)) {
        if (!set_store_remove(record->id, &why))
            g_warning("%s", why->message);
        return;
    }
    g_prefix_error(error,
                   _("Something of the snapshot collection '%s' could not be removed (%s); the "
                     "next one of the same domains tries again. What failed first: "),
                   record->snapshot, why->message);
}

/* --- the whole --------------------------------------------------------------------- */

static Moment *
prepare_works(CreatePlan *plan, MemberWork *works)
{
    Moment *moment = moment_new();

    for (guint i = 0; i < plan->record->members->len; i++) {
        SetMember *member = g_ptr_array_index(plan->record->members, i);

        works[i] = (MemberWork){
            .record = plan->record,
            .member = member,
            .document = g_ptr_array_index(plan->documents, i),
            .others = g_ptr_array_index(plan->others, i),
            .disks_only = !member->memory && g_str_equal(member->kind, "external"),
        };
        moment_add(moment, member->domain, member->uuid, &works[i]);
    }

    return moment;
}

/* Whoever goes back to it wants those to run that ran. */
static gboolean
mark_running(Hypervisor *hypervisor, const CreatePlan *plan, const MemberWork *works,
             GError **error)
{
    for (guint i = 0; i < plan->record->members->len; i++) {
        if (works[i].paused && !snapshot_mark_running(hypervisor, works[i].member->domain,
                                                      plan->record->snapshot, error))
            return FALSE;
    }

    return TRUE;
}

/* Whatever failed then failed for that. */
static void
say_cancelled(Control *control, GError **error)
{
    g_autoptr(GError) reason = NULL;

    if (!control_is_cancelled(control) || control_pass(control, 0, &reason))
        return;
    g_clear_error(error);
    g_propagate_error(error, g_steal_pointer(&reason));
}

/* Takes the snapshots of all members at one moment. */
static gboolean
take_all(Hypervisor *hypervisor, const CreatePlan *plan, Moment *moment, Control *control,
         GError **error)
{
    const MomentOptions options = {.level = plan->settings.level,
                                   .timeout = plan->settings.timeout,
                                   .best_effort = plan->settings.best_effort};
    Taking taking = {control, create_watch_start(hypervisor, plan->record, control)};
    gboolean made = moment_hold(moment, hypervisor, &options, take_one, &taking, error);

    create_watch_end(taking.watch);
    if (!made)
        say_cancelled(control, error);

    return made;
}

static gboolean
make_new_set(Hypervisor *hypervisor, CreatePlan *plan, Control *control, GPtrArray *warnings,
             GError **error)
{
    g_autofree MemberWork *works = g_new0(MemberWork, plan->record->members->len);
    g_autoptr(Moment) moment = prepare_works(plan, works);
    gboolean made = take_all(hypervisor, plan, moment, control, error);

    strings_append(warnings, moment->warnings);
    if (!made || !mark_running(hypervisor, plan, works, error))
        return FALSE;
    note_reached(plan->record, moment);
    create_point_note(hypervisor, plan->record);
    if (!set_store_save(plan->record, error)) {
        plan->record->complete = FALSE;
        return FALSE;
    }
    warn_of_less(plan->record, warnings);

    return TRUE;
}

gboolean
create_run(Hypervisor *hypervisor, CreatePlan *plan, Control *control, GPtrArray *warnings,
           GError **error)
{
    auto_fd lock = set_store_lock(plan->record->id, error);

    return lock >= 0 && create_run_locked(hypervisor, plan, control, warnings, error);
}

gboolean
create_run_locked(Hypervisor *hypervisor, CreatePlan *plan, Control *control,
                  GPtrArray *warnings, GError **error)
{
    if (!set_store_save(plan->record, error))
        return FALSE;
    if (make_new_set(hypervisor, plan, control, warnings, error))
        return TRUE;
    take_set_back(hypervisor, plan->record, warnings, error);

    return FALSE;
}
