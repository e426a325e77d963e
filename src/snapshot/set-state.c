/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "snapshot/set-state.h"
#include "snapshot/snapshot-list.h"

static void
state_member_free(gpointer data)
{
    SetStateMember *member = data;

    g_free(member->domain);
    snapshot_def_free(member->def);
    g_free(member);
}

void
set_state_free(SetState *self)
{
    if (!self)
        return;
    g_ptr_array_unref(self->members);
    g_ptr_array_unref(self->records);
    g_free(self);
}

/* --- what there is ---------------------------------------------------------- */

static SnapshotDef *
find_member_snapshot(Hypervisor *hypervisor, const char *domain, const char *snapshot,
                     GError **error)
{
    g_autoptr(DomainRecord) record =
        hypervisor->ops->resolve(hypervisor, domain, snapshot, FALSE, FALSE, error);

    if (!record)
        return NULL;

    return snapshot_def_parse(
        ((const SnapshotRecord *)g_ptr_array_index(record->snapshots, 0))->xml, domain, error);
}

static gboolean
add_state_member(SetState *self, Hypervisor *hypervisor, const char *domain, const char *snapshot,
                 GError **error)
{
    g_autoptr(GError) why = NULL;
    SnapshotDef *def = find_member_snapshot(hypervisor, domain, snapshot, &why);
    SetStateMember *member;

    if (!def && !g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    member = g_new0(SetStateMember, 1);
    member->domain = g_strdup(domain);
    member->def = def;
    self->missing += def ? 0 : 1;
    g_ptr_array_add(self->members, member);

    return TRUE;
}

/* --- what the record says ---------------------------------------------------- */

static const SetRecord *
find_record_by_name(const SetState *self, const char *collection, const char *snapshot,
                    gboolean complete)
{
    for (guint i = self->records->len; i-- > 0;) {
        const SetRecord *record = g_ptr_array_index(self->records, i);

        if (record->complete == complete && g_strcmp0(record->collection, collection) == 0 &&
            g_str_equal(record->snapshot, snapshot))
            return record;
    }

    return NULL;
}

/* Finds the record by a member's snapshot that exists, and where none exists by the names. The
 * record of a set that is not made to its end knows no times of its snapshots. */
static const SetRecord *
find_record(const SetState *self, const char *collection, const char *snapshot)
{
    const SetRecord *unfinished = find_record_by_name(self, collection, snapshot, FALSE);

    for (guint i = 0; i < self->members->len; i++) {
        const SnapshotDef *def = ((SetStateMember *)g_ptr_array_index(self->members, i))->def;
        const SetRecord *record =
            def ? set_records_find(self->records, def->domain_uuid, snapshot, def->creation_time)
                : NULL;

        if (def)
            return record ? record : unfinished;
    }

    return unfinished ? unfinished : find_record_by_name(self, collection, snapshot, TRUE);
}

static SetStateMember *
find_member(const SetState *self, const SetMember *recorded)
{
    for (guint i = 0; i < self->members->len; i++) {
        SetStateMember *member = g_ptr_array_index(self->members, i);

        if (member->def ? g_str_equal(member->def->domain_uuid, recorded->uuid)
                        : g_str_equal(member->domain, recorded->domain))
            return member;
    }

    return NULL;
}

/* A snapshot of the same name that was taken at another time is not the one of the record. */
static void
check_identity(SetState *self, SetStateMember *member, const SetMember *recorded)
{
    member->record = recorded;
    if (!member->def || self->unfinished || member->def->creation_time == recorded->creation_time)
        return;
    g_clear_pointer(&member->def, snapshot_def_free);
    self->missing++;
}

static gboolean
take_state_record(SetState *self, Hypervisor *hypervisor, const char *snapshot, GError **error)
{
    for (guint i = 0; i < self->record->members->len; i++) {
        const SetMember *recorded = g_ptr_array_index(self->record->members, i);

        if (!find_member(self, recorded) &&
            !add_state_member(self, hypervisor, recorded->domain, snapshot, error))
            return FALSE;
        if (find_member(self, recorded))
            check_identity(self, find_member(self, recorded), recorded);
    }

    return TRUE;
}

SetState *
set_state_new(Hypervisor *hypervisor, const char *collection, GPtrArray *domains,
              const char *snapshot, GError **error)
{
    g_autoptr(SetState) self = g_new0(SetState, 1);

    self->members = g_ptr_array_new_with_free_func(state_member_free);
    self->records = set_store_load(error);
    if (!self->records) {
        self->records = g_ptr_array_new();
        return NULL;
    }
    for (guint i = 0; i < domains->len; i++) {
        if (!add_state_member(self, hypervisor, g_ptr_array_index(domains, i), snapshot, error))
            return NULL;
    }
    self->record = find_record(self, collection, snapshot);
    self->unfinished = self->record && !self->record->complete;
    if (self->record && !take_state_record(self, hypervisor, snapshot, error))
        return NULL;
    if (self->record || self->missing < self->members->len)
        return g_steal_pointer(&self);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("No member has a snapshot '%s'; 'virtsnap snapshot-list' shows what there is"),
                snapshot);

    return NULL;
}

gboolean
set_state_is_partial(const SetState *self)
{
    return self->missing > 0 || self->unfinished;
}

/* --- all of a collection ------------------------------------------------------ */

static gboolean
has_name(GPtrArray *names, const char *name)
{
    return g_ptr_array_find_with_equal_func(names, name, g_str_equal, NULL);
}

GPtrArray *
set_state_list(Hypervisor *hypervisor, const char *collection, GPtrArray *domains, GError **error)
{
    g_autoptr(GPtrArray) names = snapshot_list_common(hypervisor, domains, error);
    g_autoptr(GPtrArray) records = names ? set_store_load(error) : NULL;

    for (guint i = 0; records && i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (collection && g_strcmp0(record->collection, collection) == 0 &&
            !has_name(names, record->snapshot))
            g_ptr_array_add(names, g_strdup(record->snapshot));
    }

    return records ? g_steal_pointer(&names) : NULL;
}
