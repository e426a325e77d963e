/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "hypervisor/snapshot-def.h"
#include "snapshot/delete-members.h"

typedef struct {
    GPtrArray *domains; /* DomainSurvey: of the host */
    const DeleteSubject *subject;
    GPtrArray *records; /* SetRecord: of this set */
    GPtrArray *found;
    GPtrArray *warnings;
} Search;

static gboolean
is_of_subject(const SetRecord *record, const DeleteSubject *subject)
{
    return g_str_equal(record->snapshot, subject->snapshot) &&
           g_strcmp0(record->collection, subject->collection) == 0;
}

/* Keeps of all records those of the set that is to go. */
static GPtrArray *
load_records_of(const DeleteSubject *subject, GError **error)
{
    GPtrArray *records = set_store_load(error);

    for (guint i = records ? records->len : 0; i > 0; i--) {
        if (!is_of_subject(g_ptr_array_index(records, i - 1), subject))
            g_ptr_array_remove_index(records, i - 1);
    }

    return records;
}

/* Returns: whether the domain has the snapshot of @record, not another one of that name. */
static gboolean
has_still(const SetRecord *record, const SetMember *member, const DomainSurvey *domain)
{
    const SnapshotRecord *snapshot =
        domain ? domain_survey_snapshot(domain, record->snapshot) : NULL;
    g_autoptr(SnapshotDef) def =
        snapshot ? snapshot_def_parse(snapshot->xml, snapshot->name, NULL) : NULL;

    return snapshot && (!def || member->creation_time == 0 ||
                        def->creation_time == member->creation_time);
}

static void
add_found(const Search *self, const DomainSurvey *domain)
{
    if (!g_ptr_array_find(self->found, domain, NULL))
        g_ptr_array_add(self->found, (gpointer)domain);
}

/* Returns: the domain that had the name @name when one of the records was made, and has the
 * snapshot still. */
static const DomainSurvey *
find_renamed(const Search *self, const char *name)
{
    for (guint i = 0; i < self->records->len; i++) {
        const SetRecord *record = g_ptr_array_index(self->records, i);

        for (guint j = 0; j < record->members->len; j++) {
            const SetMember *member = g_ptr_array_index(record->members, j);
            const DomainSurvey *domain = domain_survey_find_uuid(self->domains, member->uuid);

            if (g_str_equal(member->domain, name) && has_still(record, member, domain))
                return domain;
        }
    }

    return NULL;
}

/* A new domain may have the name of one that was renamed. */
static void
find_named(const Search *self, const char *name)
{
    const DomainSurvey *domain = domain_survey_find(self->domains, name);
    const DomainSurvey *renamed = find_renamed(self, name);

    if (domain)
        add_found(self, domain);
    if (renamed)
        add_found(self, renamed);
    if (!domain && !renamed && self->subject->whole)
        g_ptr_array_add(self->warnings,
                        g_strdup_printf(_("The member '%s' of the collection '%s' is no domain of "
                                          "this host; nothing was removed for it"),
                                        name, self->subject->collection));
}

/* Refuses to remove a part of the set of @record. */
static gboolean
check_whole_record(const Search *self, const SetRecord *record, GError **error)
{
    for (guint i = 0; i < record->members->len; i++) {
        const SetMember *member = g_ptr_array_index(record->members, i);
        const DomainSurvey *domain = domain_survey_find_uuid(self->domains, member->uuid);

        if (self->subject->metadata || !has_still(record, member, domain) ||
            g_ptr_array_find(self->found, domain, NULL))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' has a snapshot of the set '%s', but is not in the "
                      "collection '%s' any more; add it again, or forget only what libvirt knows "
                      "of the others, with --metadata"),
                    domain->name, record->snapshot, self->subject->collection);
        return FALSE;
    }

    return TRUE;
}

gboolean
delete_members_find(GPtrArray *domains, const DeleteSubject *subject, GPtrArray *found,
                    GPtrArray *warnings, GError **error)
{
    g_autoptr(GPtrArray) records =
        subject->whole ? load_records_of(subject, error) : g_ptr_array_new();
    const Search self = {domains, subject, records, found, warnings};

    if (!records)
        return FALSE;
    for (guint i = 0; i < subject->names->len; i++)
        find_named(&self, g_ptr_array_index(subject->names, i));
    for (guint i = 0; i < records->len; i++) {
        if (!check_whole_record(&self, g_ptr_array_index(records, i), error))
            return FALSE;
    }

    return TRUE;
}
