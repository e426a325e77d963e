/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "virtsnap/plan-files.h"
#include "virtsnap/plan-frozen.h"

#define SECOND ((gint64)G_USEC_PER_SEC)
/* How long after its overlay was made a layer may still be written to: the overlay is given its
 * header and joins the domain, and QEMU writes back what it has of the layer. */
#define SWITCH_TIME (2 * SECOND)
/* How long taking a snapshot may last, from its beginning (a state of the memory that is saved
 * first not counted): a guest that is asked to write everything back may take its time. */
#define SNAPSHOT_TIME (60 * SECOND)

/* What is known of the time at which layers were frozen, in microseconds since the epoch. */
typedef struct {
    gint64 earliest; /* not before this */
    gint64 latest;   /* not after this */
    gboolean known;  /* whether that is seen from the overlays; else latest is a guess */
} FreezeTime;

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

/* When the file was made, or -1 if its file system does not tell or it is gone. */
static gint64
birth_of(const char *path)
{
    struct statx st;

    if (statx(AT_FDCWD, path, 0, STATX_BTIME, &st) < 0 || !(st.stx_mask & STATX_BTIME))
        return -1;

    return st.stx_btime.tv_sec * SECOND + st.stx_btime.tv_nsec / 1000;
}

static gint64
mtime_of(const char *path)
{
    struct stat st;

    if (!path || stat(path, &st) < 0)
        return -1;

    return st.st_mtim.tv_sec * SECOND + st.st_mtim.tv_nsec / 1000;
}

/* libvirt saves the memory, makes all overlays, and then has every disk change to its overlay at
 * once (qemuSnapshotCreateActiveExternal()): the last one made is the closest. One that was there
 * before (--reuse-external), or was put there much later, says nothing. */
static FreezeTime
freeze_time(const SnapshotDef *def)
{
    gint64 begun = def->creation_time * SECOND;
    gint64 saved = MAX(begun, mtime_of(def->memory_file));
    /* The time of the snapshot is in whole seconds. */
    FreezeTime time = {MAX(begun + SECOND, saved) + SECOND, saved + SNAPSHOT_TIME, FALSE};
    gint64 made = -1;

    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);
        gint64 birth = disk->overlay ? birth_of(disk->overlay) : -1;

        if (birth >= begun && birth <= saved + SNAPSHOT_TIME)
            made = MAX(made, birth);
    }
    if (made < 0)
        return time;

    return (FreezeTime){made, made + SWITCH_TIME, TRUE};
}

static void
warn_of_layer(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, const Layer *layer,
              gboolean sure)
{
    if (sure)
        plan_warn(plan,
                  _("Domain '%s': the image '%s' was written to after the snapshot '%s' (by a "
                    "block commit?), so what is exported may not be the snapshot's state"),
                  domain->name, layer->path, def->name);
    else
        plan_warn(plan,
                  _("Domain '%s': the image '%s' was written to within a minute of the beginning "
                    "of the snapshot '%s'; whether before it was frozen or after cannot be told, "
                    "because nothing says when its overlay was made, so what is exported may not "
                    "be the snapshot's state"),
                  domain->name, layer->path, def->name);
}

void
plan_frozen_warn(Plan *plan, const PlanDomain *domain, const SnapshotDef *def, const Layer *top)
{
    FreezeTime frozen = freeze_time(def);

    for (const Layer *layer = top; layer; layer = layer->backing) {
        gint64 written = layer->mtime * SECOND + layer->mtime_ns / 1000;
        gboolean sure = written > frozen.latest;

        if (!sure && (frozen.known || written <= frozen.earliest))
            continue;
        if (g_hash_table_add(plan->written, (gpointer)layer))
            warn_of_layer(plan, domain, def, layer, sure);
    }
}
