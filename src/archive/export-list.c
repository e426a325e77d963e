/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "archive/export-list.h"
#include "util/fd.h"

/* DIR/collection/snapshot */
#define DEPTH_MAX 2

static void
found_free(FoundExport *found)
{
    g_free(found->path);
    g_free(found->problem);
    manifest_free(found->manifest);
    g_free(found);
}

static void
add_found(GPtrArray *exports, int dirfd, const char *path)
{
    FoundExport *found = g_new0(FoundExport, 1);
    g_autoptr(GError) error = NULL;

    found->path = g_strdup(path);
    found->manifest = manifest_load(dirfd, &error);
    if (!found->manifest)
        found->problem = g_strdup(error->message);
    g_ptr_array_add(exports, found);
}

static gboolean
look_into(GPtrArray *exports, int dirfd, const char *path, guint depth, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    struct stat st;

    /* An export holds no other one. */
    if (fstatat(dirfd, MANIFEST_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        add_found(exports, dirfd, path);
        return TRUE;
    }
    if (depth == DEPTH_MAX)
        return TRUE;
    names = dir_list_at(dirfd, ".", error);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *below = g_build_filename(path, name, NULL);
        auto_fd fd = *name == '.' ? -1 : fd_open_dir(dirfd, name, NULL);

        /* What is no directory, or is somebody else's, holds no export for us. */
        if (fd >= 0)
            (void)!look_into(exports, fd, below, depth + 1, NULL);
    }

    return names != NULL;
}

GPtrArray *
export_list(const char *directory, GError **error)
{
    g_autoptr(GPtrArray) exports = g_ptr_array_new_with_free_func((GDestroyNotify)found_free);
    auto_fd dirfd = fd_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, error);

    if (dirfd < 0 || !look_into(exports, dirfd, directory, 0, error))
        return NULL;

    return g_steal_pointer(&exports);
}

guint64
manifest_bytes(const Manifest *manifest)
{
    guint64 bytes = 0;

    for (guint i = 0; i < manifest->files->len; i++)
        bytes += ((const ManifestFile *)g_ptr_array_index(manifest->files, i))->bytes;

    return bytes;
}
