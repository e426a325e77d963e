/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "collection/set-store.h"
#include "snapshot/set-left.h"
#include "util/fd.h"

static gboolean
is_such(const SetLeft *what, const SetRecord *record)
{
    return (what->temporary || !record->complete) && record->temporary == what->temporary &&
           g_strcmp0(record->back_to, what->back_to) == 0 &&
           (!what->snapshot || g_str_equal(record->snapshot, what->snapshot)) &&
           g_strcmp0(record->collection, what->collection) == 0 &&
           (what->collection || set_record_concerns(record, what->domains));
}

static const SetRecord *
find_such(const SetLeft *what, GPtrArray *records, const char *id)
{
    for (guint i = 0; i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);

        if (is_such(what, record) && (!id || g_str_equal(record->id, id)))
            return record;
    }

    return NULL;
}

/* The process that had the lock until now may have completed or removed the set. */
static gboolean
is_left(const SetLeft *what, const SetRecord *record, GError **error)
{
    auto_fd lock = set_store_lock(record->id, error);
    g_autoptr(GPtrArray) records = lock < 0 ? NULL : set_store_load(error);

    return records && find_such(what, records, record->id);
}

static void
tell_set_left(const SetLeft *what, const SetRecord *record, GError **error)
{
    if (what->temporary)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the temporary snapshot '%s'; the next command of the same domains "
                      "removes it"),
                    record->snapshot);
    else if (what->back_to)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("domains may have gone back to '%s', and '%s' keeps what was before; the "
                      "next command for snapshots of the same domains brings that into order"),
                    what->back_to, record->snapshot);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("a part of the snapshot collection '%s'; the next command for snapshots of "
                      "the same domains removes it"),
                    record->snapshot);
}

gboolean
set_left_check(const SetLeft *what, GError **error)
{
    g_autoptr(GPtrArray) records = set_store_load(error);
    g_autoptr(GError) why = NULL;
    const SetRecord *record = records ? find_such(what, records, NULL) : NULL;

    if (!record)
        return records != NULL;
    if (is_left(what, record, &why))
        tell_set_left(what, record, error);
    else if (!why || g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE))
        return TRUE;
    else
        g_propagate_error(error, g_steal_pointer(&why));

    return FALSE;
}
