/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "snapshot/apply-undo.h"
#include "snapshot/create-undo.h"
#include "snapshot/set-recover.h"
#include "snapshot/temporary-set.h"
#include "util/fd.h"

static gboolean
recover_made(Hypervisor *hypervisor, const SetRecord *record, GPtrArray *warnings, GError **error)
{
    if (!create_undo(hypervisor, record, TRUE, warnings, error) ||
        !set_store_remove(record->id, error)) {
        g_prefix_error(error,
                       _("Cannot remove what is left of the snapshot collection '%s' "
                         "(snapshot-delete --metadata only forgets it): "),
                       record->snapshot);
        return FALSE;
    }
    g_ptr_array_add(warnings, g_strdup_printf(_("Removed what was left of the snapshot collection "
                                                "'%s', whose making was interrupted"),
                                              record->snapshot));

    return TRUE;
}

static gboolean
recover_applied(Hypervisor *hypervisor, SetRecord *record, GPtrArray *warnings, GError **error)
{
    gboolean keep;

    if (apply_undo(hypervisor, record, &keep, warnings, error) &&
        (keep || set_store_remove(record->id, error)))
        return TRUE;
    g_prefix_error(error, _("Cannot bring into order what is left of the way back to '%s': "),
                   record->back_to);

    return FALSE;
}

static SetRecord *
find_incomplete(GPtrArray *records, const char *id)
{
    for (guint i = 0; i < records->len; i++) {
        SetRecord *record = g_ptr_array_index(records, i);

        if (!record->complete && g_str_equal(record->id, id))
            return record;
    }

    return NULL;
}

/* Recovers a set that was incomplete when it was seen. The process that had the lock until now may
 * have completed or removed it meanwhile. */
static gboolean
recover_incomplete_set(Hypervisor *hypervisor, const SetRecord *seen, const DomainLocks *held,
                       GPtrArray *warnings, GError **error)
{
    auto_fd lock = set_store_lock(seen->id, error);
    g_autoptr(DomainLocks) locks = lock < 0 ? NULL : domain_locks_take_set(seen, held, error);
    g_autoptr(GPtrArray) records = locks ? set_store_load(error) : NULL;
    SetRecord *record = records ? find_incomplete(records, seen->id) : NULL;

    if (!records) {
        g_prefix_error(error, _("The snapshot collection '%s': "), seen->snapshot);
        return FALSE;
    }
    if (!record)
        return TRUE;

    return record->back_to ? recover_applied(hypervisor, record, warnings, error)
                           : recover_made(hypervisor, record, warnings, error);
}

gboolean
set_recover(Hypervisor *hypervisor, GPtrArray *domains, const DomainLocks *held,
            GPtrArray *warnings, GError **error)
{
    g_autoptr(GPtrArray) records = NULL;

    temporary_set_recover(hypervisor, domains, held, warnings);
    records = set_store_load(error);
    for (guint i = 0; records && i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (!record->complete && set_record_concerns(record, domains) &&
            !recover_incomplete_set(hypervisor, record, held, warnings, error))
            return FALSE;
    }

    return records != NULL;
}
