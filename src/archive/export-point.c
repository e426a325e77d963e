/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>

#include "archive/export-point.h"
#include "util/fd.h"

const char *
export_point_state_name(ExportPointState state)
{
    static const char *const names[] = {
        [EXPORT_POINT_FOUND] = "found",
        [EXPORT_POINT_LOST] = "not found",
        [EXPORT_POINT_UNKNOWN] = "unknown",
    };

    return names[state];
}

static gboolean
snapshot_has_point(const ManifestSnapshot *snapshot, const char *name, const char *id)
{
    for (guint i = 0; i < snapshot->disks->len; i++) {
        const ManifestDisk *disk = g_ptr_array_index(snapshot->disks, i);

        if (disk->checkpoint && g_strcmp0(disk->checkpoint->name, name) == 0 &&
            g_strcmp0(disk->checkpoint->id, id) == 0)
            return TRUE;
    }

    return FALSE;
}

gboolean
manifest_has_point(const Manifest *manifest, const char *name, const char *id)
{
    for (guint i = 0; i < manifest->domains->len; i++) {
        const ManifestDomain *domain = g_ptr_array_index(manifest->domains, i);

        for (guint k = 0; k < domain->snapshots->len; k++) {
            if (snapshot_has_point(g_ptr_array_index(domain->snapshots, k), name, id))
                return TRUE;
        }
    }

    return FALSE;
}

static ExportPointState
look_into(int dirfd, const char *name, const char *id)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(Manifest) manifest = manifest_load(dirfd, &error);

    if (manifest)
        return manifest_has_point(manifest, name, id) ? EXPORT_POINT_FOUND : EXPORT_POINT_LOST;

    return g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND)
               ? EXPORT_POINT_LOST
               : EXPORT_POINT_UNKNOWN;
}

ExportPointState
export_point_look(const char *path, const char *name, const char *id)
{
    auto_fd dirfd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (dirfd >= 0)
        return look_into(dirfd, name, id);

    return errno == ENOENT || errno == ENOTDIR ? EXPORT_POINT_LOST : EXPORT_POINT_UNKNOWN;
}
