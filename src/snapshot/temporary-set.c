/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "hypervisor/layer-ops.h"
#include "hypervisor/snapshot-def.h"
#include "snapshot/create-run.h"
#include "snapshot/create-undo.h"
#include "snapshot/delete-run.h"
#include "snapshot/domain-locks.h"
#include "snapshot/image-users.h"
#include "snapshot/temporary-set.h"
#include "util/fd.h"

struct TemporarySet {
    Hypervisor *hypervisor; /* not owned */
    CreatePlan *plan;
    int lock; /* -1: the set was not made */
};

void
temporary_set_free(TemporarySet *self)
{
    if (!self)
        return;
    create_plan_free(self->plan);
    fd_clear(&self->lock);
    g_free(self);
}

const SetRecord *
temporary_set_record(const TemporarySet *self)
{
    return self->plan->record;
}

/* --- making --------------------------------------------------------------------------- */

/* Refuses domains that have a temporary set. Sets that could be removed are removed before this is
 * called. */
static void
refuse_other(const SetRecord *record, GError **error)
{
    const SetMember *member = g_ptr_array_index(record->members, 0);
    auto_fd lock = set_store_lock(record->id, NULL);

    if (lock < 0)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("The domain '%s' has the temporary snapshot '%s' of another live export; "
                      "wait for the end of that"),
                    member->domain, record->snapshot);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' still has the temporary snapshot '%s' of an interrupted "
                      "live export, which cannot be removed: a warning says why"),
                    member->domain, record->snapshot);
}

static gboolean
has_no_other(GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) records = set_store_load(error);

    for (guint i = 0; records && i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (!record->temporary || !set_record_concerns(record, domains))
            continue;
        refuse_other(record, error);
        return FALSE;
    }

    return records != NULL;
}

/* What cannot be removed again is not made. */
static gboolean
check_removable(Hypervisor *hypervisor, GError **error)
{
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, error);
    g_autoptr(ImageUsers) users = domains ? image_users_find(domains, error) : NULL;

    return users && image_users_check(users, NULL, NULL, error);
}

TemporarySet *
temporary_set_new(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
                  const char *name, const CreateSettings *settings, GError **error)
{
    g_autofree char *snapshot = g_strconcat(TEMPORARY_SET_PREFIX, name, NULL);
    g_autoptr(TemporarySet) self = NULL;

    if (!create_check_name(name, error) || !has_no_other(domains, error) ||
        !check_removable(hypervisor, error))
        return NULL;
    self = g_new0(TemporarySet, 1);
    self->hypervisor = hypervisor;
    self->lock = -1;
    self->plan = create_plan(hypervisor, collection, domains, snapshot, settings, error);
    if (!self->plan)
        return NULL;
    self->plan->record->temporary = TRUE;

    return g_steal_pointer(&self);
}

gboolean
temporary_set_make(TemporarySet *self, Control *control, GPtrArray *warnings, GError **error)
{
    self->lock = set_store_lock(self->plan->record->id, error);
    if (self->lock < 0)
        return FALSE;
    if (create_run_locked(self->hypervisor, self->plan, control, warnings, error))
        return TRUE;
    fd_clear(&self->lock);

    return FALSE;
}

/* --- removing ------------------------------------------------------------------------- */

/* Returns: whether the snapshot was made for the record; one of the same name with another creation
 * time was made by somebody else. */
static gboolean
is_made_for(const SetMember *member, const SnapshotRecord *snapshot)
{
    g_autoptr(SnapshotDef) def = snapshot_def_parse(snapshot->xml, member->domain, NULL);

    return def && def->creation_time == member->creation_time;
}

/* The present names of those members that still have the snapshot that was made for @record. */
static GPtrArray *
find_owners(Hypervisor *hypervisor, const SetRecord *record, GPtrArray *warnings, GError **error)
{
    g_autoptr(GPtrArray) domains = hypervisor->ops->layers->survey(hypervisor, error);
    GPtrArray *names = domains ? g_ptr_array_new_with_free_func(g_free) : NULL;

    for (guint i = 0; names && i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        const DomainSurvey *domain = domain_survey_find_uuid(domains, member->uuid);
        const SnapshotRecord *snapshot =
            domain ? domain_survey_snapshot(domain, record->snapshot) : NULL;

        if (!snapshot)
            continue;
        if (is_made_for(member, snapshot))
            g_ptr_array_add(names, g_strdup(domain->name));
        else
            g_ptr_array_add(warnings,
                            g_strdup_printf(_("The snapshot '%s' of the domain '%s' is left: it is "
                                              "not the temporary one of that name"),
                                            record->snapshot, domain->name));
    }

    return names;
}

/* Merges with a control of its own, so that the layers are merged also when the export was
 * cancelled. */
static gboolean
merge_temporary_set(Hypervisor *hypervisor, const SetRecord *record, GPtrArray *names,
                    GPtrArray *warnings, GError **error)
{
    const DeleteSubject subject = {
        .collection = record->collection ? record->collection : "",
        .snapshot = record->snapshot,
        .names = names,
    };
    g_autoptr(DeletePlan) plan = delete_plan_make(hypervisor, &subject, error);
    g_autoptr(Control) control = control_new();

    return plan && delete_run(hypervisor, plan, control, NULL, warnings, error);
}

/* Removes the set; called with the lock of its record held. A removal that was interrupted is
 * continued. */
static gboolean
remove_temporary_set(Hypervisor *hypervisor, const SetRecord *record, GPtrArray *warnings,
                     GError **error)
{
    g_autoptr(GPtrArray) names = find_owners(hypervisor, record, warnings, error);

    return names &&
           (names->len == 0 || merge_temporary_set(hypervisor, record, names, warnings, error)) &&
           set_store_remove(record->id, error);
}

gboolean
temporary_set_remove(TemporarySet *self, GPtrArray *warnings, GError **error)
{
    g_autoptr(DomainLocks) locks = NULL;

    if (self->lock < 0)
        return TRUE;
    locks = domain_locks_take_set(self->plan->record, NULL, error);
    if (!locks || !remove_temporary_set(self->hypervisor, self->plan->record, warnings, error))
        return FALSE;
    fd_clear(&self->lock);

    return TRUE;
}

/* --- what others have left ------------------------------------------------------------ */

/* Returns: whether the record is unchanged in the store; the export that it belongs to may have
 * removed it meanwhile. */
static gboolean
is_still_there(const SetRecord *record)
{
    g_autoptr(GPtrArray) records = set_store_load(NULL);

    for (guint i = 0; records && i < records->len; i++) {
        const SetRecord *one = g_ptr_array_index(records, i);

        if (g_str_equal(one->id, record->id))
            return one->complete == record->complete;
    }

    return FALSE;
}

static gboolean
remove_left_set(Hypervisor *hypervisor, const SetRecord *record, const DomainLocks *held,
                GPtrArray *warnings, GError **error)
{
    g_autoptr(DomainLocks) locks = domain_locks_take_set(record, held, error);

    if (!locks)
        return FALSE;
    if (record->complete)
        return remove_temporary_set(hypervisor, record, warnings, error);

    return create_undo(hypervisor, record, TRUE, warnings, error) &&
           set_store_remove(record->id, error);
}

static void
recover_set(Hypervisor *hypervisor, const SetRecord *record, const DomainLocks *held,
            GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    auto_fd lock = set_store_lock(record->id, &error);

    /* A set that is locked belongs to a running export. */
    if ((lock < 0 && g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE)) ||
        !is_still_there(record))
        return;
    if (lock >= 0 && remove_left_set(hypervisor, record, held, warnings, &error))
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("Removed the temporary snapshot '%s' of a live export "
                                          "that was interrupted"),
                                        record->snapshot));
    else
        g_ptr_array_add(warnings,
                        g_strdup_printf(_("The temporary snapshot '%s' of a live export that was "
                                          "interrupted cannot be removed; the next command of the "
                                          "same domains tries again: %s"),
                                        record->snapshot, error->message));
}

void
temporary_set_recover(Hypervisor *hypervisor, GPtrArray *domains, const DomainLocks *held,
                      GPtrArray *warnings)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) records = set_store_load(&error);

    for (guint i = 0; records && i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (record->temporary && set_record_concerns(record, domains))
            recover_set(hypervisor, record, held, warnings);
    }
    if (error)
        g_ptr_array_add(warnings, g_strdup(error->message));
}
