/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "archive/target-space.h"
#include "util/fd.h"

/* Bytes on disk that the layers of an earlier run take. */
static guint64
get_left_bytes(const char *path)
{
    g_autoptr(GPtrArray) names = dir_list_at(AT_FDCWD, path, NULL);
    guint64 bytes = 0;

    for (guint i = 0; names && i < names->len; i++) {
        g_autofree char *file = g_build_filename(path, g_ptr_array_index(names, i), NULL);
        struct stat st;

        if (lstat(file, &st) == 0)
            bytes += (guint64)st.st_blocks * 512;
    }

    return bytes;
}

gboolean
target_space_at(const char *directory, const char *earlier, TargetSpace *space, GError **error)
{
    struct statvfs vfs;
    struct statfs fs;
    struct stat st;

    if (statvfs(directory, &vfs) < 0 || statfs(directory, &fs) < 0 || stat(directory, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot ask for the free space of '%s'"),
                                  directory);
        return FALSE;
    }
    space->free = (guint64)vfs.f_bavail * vfs.f_frsize + get_left_bytes(earlier);
    space->device = st.st_dev;
    space->clones = fs.f_type == BTRFS_SUPER_MAGIC || fs.f_type == XFS_SUPER_MAGIC;

    return TRUE;
}
