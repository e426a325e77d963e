/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

#include "archive/export-protect.h"
#include "archive/target.h"
#include "archive/verify-tree.h"
#include "util/fd.h"

/* Limit for nested directories; exports have three levels. */
#define DEPTH_MAX 16

typedef struct {
    GHashTable *files;       /* paths in the manifest */
    GHashTable *directories; /* owned: the directories of these files */
    VerifyReport *report;
} Walk;

static void
add_known_path(Walk *walk, const char *path)
{
    g_hash_table_add(walk->files, (gpointer)path);
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/'))
        g_hash_table_add(walk->directories, g_strndup(path, (gsize)(slash - path)));
}

static void walk_directory(Walk *walk, int dirfd, const char *path, guint depth);

static void
walk_entry(Walk *walk, int dirfd, const char *name, const char *path, guint depth)
{
    struct stat st;

    if (g_hash_table_contains(walk->files, path))
        return;
    if (fstatat(dirfd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return;
    /* A process that was killed just after the final rename has left its journal, which does no
     * harm. */
    if (S_ISREG(st.st_mode) && g_str_equal(path, JOURNAL_FILE))
        return;
    if (g_str_equal(path, name) && export_is_mark(dirfd, name))
        return;
    if (S_ISDIR(st.st_mode) && g_hash_table_contains(walk->directories, path)) {
        auto_fd fd = fd_open_dir(dirfd, name, NULL);

        if (fd >= 0 && depth < DEPTH_MAX)
            walk_directory(walk, fd, path, depth + 1);
        else
            verify_report_add(walk->report, path, _("cannot be looked into"));
        return;
    }
    verify_report_add(walk->report, path,
                      S_ISDIR(st.st_mode) ? _("is a directory that the manifest does not know")
                                          : _("is not in the manifest"));
}

static void
walk_directory(Walk *walk, int dirfd, const char *path, guint depth)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", &error);

    if (!names) {
        verify_report_add_error(walk->report, path, error);
        return;
    }
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *below = *path ? g_build_filename(path, name, NULL) : g_strdup(name);

        walk_entry(walk, dirfd, name, below, depth);
    }
}

void
verify_tree(int dirfd, const Manifest *manifest, VerifyReport *report)
{
    g_autoptr(GHashTable) files = g_hash_table_new(g_str_hash, g_str_equal);
    g_autoptr(GHashTable) directories =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    Walk walk = {files, directories, report};

    add_known_path(&walk, MANIFEST_FILE);
    for (guint i = 0; i < manifest->files->len; i++)
        add_known_path(&walk, ((const ManifestFile *)g_ptr_array_index(manifest->files, i))->path);
    walk_directory(&walk, dirfd, "", 0);
}
