/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "snapshot/apply-frozen.h"
#include "snapshot/frozen-time.h"

/* A running domain may write to a layer for this long after the overlay above it was made. */
#define SWITCH_SECONDS 2
/* How long a snapshot may take from its beginning, not counting the time to save the memory. */
#define SNAPSHOT_SECONDS 60

/* Returns: when the file was made, in seconds since the epoch; -1 if that is not known. */
static gint64
birth_of(const char *path)
{
    struct statx st;

    return path && statx(AT_FDCWD, path, 0, STATX_BTIME, &st) == 0 && (st.stx_mask & STATX_BTIME)
               ? st.stx_btime.tv_sec
               : -1;
}

/* Returns: when the image was written to last, in seconds since the epoch. */
static gint64
written_last(const Layer *image)
{
    const OriginTime modified = {image->mtime, image->mtime_ns};

    return frozen_time_of(image->path, image->inode, modified).seconds;
}

/* Returns: when the disks were frozen at the latest. The memory is saved before. */
static gint64
latest_freeze(const SnapshotDef *def)
{
    struct stat st;
    gint64 saved = def->memory_file && stat(def->memory_file, &st) == 0 ? st.st_mtime : 0;

    return MAX(def->creation_time, saved) + SNAPSHOT_SECONDS;
}

static gboolean
refuse_written(const Layer *base, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                _("'%s' was written to after the snapshot froze it: by a removal that was begun, "
                  "or by another program, or only as another program had a checkpoint removed, "
                  "which leaves the state as it was; which of these cannot be told. To see what it "
                  "holds, export the snapshot, which takes it as it is, and import that beside the "
                  "domain ('virtsnap import --suffix')"),
                base->path);

    return FALSE;
}

/* The time of a file that was made later than the snapshot, by an import or a copy, tells
 * nothing. */
static gboolean
check_by_snapshot(const SnapshotDef *def, const Layer *base, GPtrArray *warnings, GError **error)
{
    gint64 latest = latest_freeze(def);
    gint64 made = birth_of(base->path);

    if (def->creation_time <= 0 || written_last(base) <= latest)
        return TRUE;
    if (made >= 0 && made <= latest)
        return refuse_written(base, error);
    g_ptr_array_add(warnings,
                    g_strdup_printf(_("Whether '%s' was written to after the snapshot '%s' froze "
                                      "it cannot be told: the overlay above it is gone, or its "
                                      "file system keeps no birth times"),
                                    base->path, def->name));

    return TRUE;
}

gboolean
apply_frozen_check(const SnapshotDef *def, const DiskDef *disk, const Layer *base,
                   GPtrArray *warnings, GError **error)
{
    gint64 switched = birth_of(disk->overlay);

    if (base->block)
        return TRUE;
    /* One that was there before (--reuse-external) tells nothing. */
    if (switched < def->creation_time)
        return check_by_snapshot(def, base, warnings, error);

    return written_last(base) <= switched + SWITCH_SECONDS || refuse_written(base, error);
}
