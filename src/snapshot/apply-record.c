/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "snapshot/apply-kept.h"
#include "snapshot/apply-member.h"
#include "snapshot/apply-record.h"

static void
add_kept_disks(SetMember *record, const ApplyMember *member)
{
    for (guint i = 0; i < member->disks->len; i++) {
        const ApplyDisk *disk = g_ptr_array_index(member->disks, i);
        SetDisk *one = set_member_add_disk(record, disk->target, disk->present->path,
                                           disk->present->format, disk->kept);

        if (member->method == APPLY_BY_OVERLAY)
            one->next = g_strdup(disk->overlay);
    }
}

static void
add_kept_member(SetRecord *record, const ApplyPlan *plan, const ApplyMember *member)
{
    const DomainSurvey *domain = member->domain;
    SetMember *one = set_record_add(record, domain->name, domain->uuid);

    one->state = g_strdup(domain->running  ? "running"
                          : domain->active ? "paused"
                                           : "shutoff");
    one->after = g_strdup(apply_member_after(plan, member));
    one->kind = g_strdup(member->internal ? "internal" : "external");
    one->asked = domain->active ? CONSISTENCY_MEMORY : CONSISTENCY_OFFLINE;
    one->consistency = one->asked;
    one->memory = g_strdup(member->kept_memory);
    add_kept_disks(one, member);
}

SetRecord *
apply_record_new(const ApplyPlan *plan)
{
    SetRecord *record = set_record_new(plan->collection, plan->before);

    record->back_to = g_strdup(plan->snapshot);
    for (guint i = 0; i < plan->members->len; i++)
        add_kept_member(record, plan, g_ptr_array_index(plan->members, i));

    return record;
}

/* The creation time identifies the snapshot as that of the record. */
static gboolean
note_time(Hypervisor *hypervisor, const SetRecord *record, SetMember *member, GError **error)
{
    g_autoptr(DomainRecord) found = hypervisor->ops->resolve(
        hypervisor, member->domain, record->snapshot, FALSE, FALSE, error);
    const SnapshotRecord *kept = found ? g_ptr_array_index(found->snapshots, 0) : NULL;
    g_autoptr(SnapshotDef) def =
        kept ? snapshot_def_parse(kept->xml, member->domain, error) : NULL;

    if (!def)
        return FALSE;
    if (apply_kept_in(record, kept->xml) != APPLY_KEPT) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("The snapshot '%s' of the domain '%s' was made anew by somebody else"),
                    record->snapshot, member->domain);
        return FALSE;
    }
    member->creation_time = def->creation_time;

    return TRUE;
}

gboolean
apply_record_end(Hypervisor *hypervisor, SetRecord *record, GError **error)
{
    for (guint i = 0; i < record->members->len; i++) {
        if (!note_time(hypervisor, record, g_ptr_array_index(record->members, i), error))
            return FALSE;
    }
    record->complete = TRUE;

    return set_store_save(record, error);
}
