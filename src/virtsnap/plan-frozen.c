/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "virtsnap/plan-files.h"
#include "virtsnap/plan-frozen.h"

/* How long taking a snapshot may last: its time is that of its beginning, and a guest that is
 * asked to write everything back first may take its time. */
#define FREEZE_SECONDS 60

/* A frozen image that the domain writes to (or would, once started) is not frozen any more. */
gboolean
plan_frozen_check(GPtrArray *present, const Layer *top, GError **error)
{
    for (guint i = 0; i < present->len; i++) {
        g_autofree char *canonical = realpath(g_ptr_array_index(present, i), NULL);

        if (!canonical || !g_str_equal(canonical, top->path))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the image '%s' that the snapshot froze is the domain's present image again "
                      "(merged back, or the overlay was dropped), so it no longer holds that "
                      "state; take a new snapshot"),
                    top->path);
        return FALSE;
    }

    return TRUE;
}

/* From when on the layers of a snapshot do not change any more: a state of the memory is saved
 * before the disks are frozen. */
static gint64
frozen_since(const SnapshotDef *def)
{
    struct stat st;

    if (def->memory_file && stat(def->memory_file, &st) == 0)
        return MAX(def->creation_time, st.st_mtim.tv_sec) + FREEZE_SECONDS;

    return def->creation_time + FREEZE_SECONDS;
}

/* A layer that was committed into, or written to in another way, holds another state than the
 * snapshot's. Its time stamp is all there is to see it by, and says no more than that. */
void
plan_frozen_warn(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, const Layer *top)
{
    gint64 since = frozen_since(def);

    for (const Layer *layer = top; layer; layer = layer->backing) {
        if (layer->mtime <= since || !g_hash_table_add(plan->written, (gpointer)layer))
            continue;
        plan_warn(plan,
             _("Domain '%s': the image '%s' was written to after the snapshot '%s' (by a block "
               "commit?), so what is exported may not be the snapshot's state"),
             domain->name, layer->path, def->name);
    }
}
