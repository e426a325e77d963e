/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "archive/export-links.h"
#include "archive/export-list.h"
#include "archive/export-lock.h"
#include "archive/export-protect.h"
#include "util/fd.h"
#include "util/xml.h"

/* Exports are in DIR itself or in DIR/collection/snapshot. */
#define DEPTH_MAX 2

static void
found_export_free(FoundExport *found)
{
    g_free(found->path);
    g_free(found->below);
    g_free(found->problem);
    manifest_free(found->manifest);
    g_free(found);
}

static void
measure_export(FoundExport *found, int dirfd)
{
    g_autoptr(ExportLinks) links = export_links_new();
    g_autoptr(GError) error = NULL;

    found->created = manifest_created(found->manifest);
    if (!export_links_add(links, dirfd, found->manifest, &error))
        found->problem = g_strdup(error->message);
    found->own = export_links_own(links);
    found->shared = export_links_shared(links);
}

/* @st: of its manifest. */
static void
add_found_export(GPtrArray *exports, int dirfd, const char *path, const char *below,
                 const struct stat *st)
{
    FoundExport *found = g_new0(FoundExport, 1);
    g_autoptr(GError) error = NULL;

    found->path = g_strdup(path);
    found->below = g_strdup(below ? below : ".");
    found->stamp = export_stamp_of(st);
    found->is_protected = export_is_protected(dirfd);
    found->manifest = manifest_load(dirfd, &error);
    if (found->manifest)
        measure_export(found, dirfd);
    else
        found->problem = g_strdup(error->message);
    g_ptr_array_add(exports, found);
}

/* @below: the same as @path, relative to what is listed; NULL: that itself. */
static gboolean
search_directory(GPtrArray *exports, int dirfd, const char *path, const char *below, guint depth,
                 GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    struct stat st;

    /* Exports are never nested. */
    if (fstatat(dirfd, MANIFEST_FILE, &st, AT_SYMLINK_NOFOLLOW) == 0) {
        add_found_export(exports, dirfd, path, below, &st);
        return TRUE;
    }
    if (depth == DEPTH_MAX)
        return TRUE;
    names = dir_list_at(dirfd, ".", error);
    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *inside = g_build_filename(path, name, NULL);
        g_autofree char *deeper = below ? g_build_filename(below, name, NULL) : g_strdup(name);
        auto_fd fd = *name == '.' ? -1 : fd_open_dir(dirfd, name, NULL);

        /* Entries that are not directories or that cannot be opened are skipped. */
        if (fd >= 0)
            (void)!search_directory(exports, fd, inside, deeper, depth + 1, NULL);
    }

    return names != NULL;
}

GPtrArray *
export_list(const char *directory, GError **error)
{
    g_autoptr(GPtrArray) exports =
        g_ptr_array_new_with_free_func((GDestroyNotify)found_export_free);
    g_autofree char *name = g_path_get_basename(directory);
    auto_fd dirfd = fd_open(AT_FDCWD, directory, O_RDONLY | O_DIRECTORY, 0, error);

    /* Without the schema no manifest can be read, and that says nothing about the exports. */
    if (dirfd >= 0 && !xml_check_schema(MANIFEST_SCHEMA, error))
        return NULL;
    /* The rest of an interrupted removal is not an export. */
    if (dirfd >= 0 && export_is_pruned(name))
        return g_steal_pointer(&exports);
    if (dirfd < 0 || !search_directory(exports, dirfd, directory, NULL, 0, error))
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

gint64
manifest_created(const Manifest *manifest)
{
    g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
    g_autoptr(GDateTime) parsed =
        manifest->created ? g_date_time_new_from_iso8601(manifest->created, utc) : NULL;

    return parsed ? g_date_time_to_unix(parsed) : 0;
}
