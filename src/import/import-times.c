/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <sys/stat.h>

#include "archive/journal.h"
#include "archive/origin.h"
#include "archive/target.h"
#include "import/import-times.h"
#include "import/import-volumes.h"
#include "util/fd.h"

/* --- looking ------------------------------------------------------------------ */

static void
note_time(GHashTable *times, const char *path, const struct stat *st)
{
    OriginTime modified = {st->st_mtim.tv_sec, (guint32)st->st_mtim.tv_nsec};

    g_hash_table_insert(times, g_strdup(path), origin_time_format(&modified));
}

/* Whether @path is that of a file that goes when the import is complete: its journal, and records.
 * Layers and documents are further below. */
static gboolean
is_passing(const char *path)
{
    static const char *const names[] = {JOURNAL_FILE, IMPORT_VOLUMES_MARK, ".import", NULL};

    return g_strv_contains(names, path);
}

static gboolean note_directory(GHashTable *times, int dirfd, const char *below, GError **error);

static gboolean
note_entry(GHashTable *times, int dirfd, const char *path, GError **error)
{
    struct stat st;

    if (is_passing(path))
        return TRUE;
    if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), path);
        return FALSE;
    }
    if (S_ISDIR(st.st_mode))
        return note_directory(times, dirfd, path, error);
    note_time(times, path, &st);

    return TRUE;
}

static gboolean
note_directory(GHashTable *times, int dirfd, const char *below, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, below ? below : ".", error);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        g_autofree char *path = below ? g_build_filename(below, name, NULL) : g_strdup(name);

        if (!note_entry(times, dirfd, path, error))
            return FALSE;
    }

    return names != NULL;
}

/* Another file of that name is not of the import. */
static gboolean
note_volume(GHashTable *times, const VolumeRecord *volumes, guint index, GError **error)
{
    const RecordedVolume *volume = g_ptr_array_index(volumes->all, index);
    VolumeState state;
    struct stat st;

    if (!import_volumes_look(volumes, volume, &state, &st, error))
        return FALSE;
    if (state == VOLUME_OURS)
        note_time(times, volume->path, &st);

    return TRUE;
}

GHashTable *
import_times_take(int dirfd, const VolumeRecord *volumes, GError **error)
{
    g_autoptr(GHashTable) times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);

    if (dirfd >= 0 && !note_directory(times, dirfd, NULL, error))
        return NULL;
    for (guint i = 0; volumes && i < volumes->all->len; i++) {
        if (!note_volume(times, volumes, i, error))
            return NULL;
    }

    return g_steal_pointer(&times);
}

/* --- the record ----------------------------------------------------------------- */

void
import_times_format(GHashTable *times, xmlNode *root)
{
    GHashTableIter iter;
    gpointer path;
    gpointer time;
    xmlNode *all = xml_add(root, "files", NULL);

    g_hash_table_iter_init(&iter, times);
    while (g_hash_table_iter_next(&iter, &path, &time)) {
        xmlNode *node = xml_add(all, "file", NULL);

        xml_set(node, "path", path);
        xml_set(node, "modified", time);
    }
}

GHashTable *
import_times_parse(xmlNode *root)
{
    xmlNode *all = xml_child(root, "files", NULL);
    GHashTable *times;

    if (!all)
        return NULL;
    times = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (xmlNode *node = NULL; (node = xml_child(all, "file", node));) {
        g_autofree char *path = xml_attr(node, "path");
        g_autofree char *time = xml_attr(node, "modified");

        if (path && time)
            g_hash_table_insert(times, g_steal_pointer(&path), g_steal_pointer(&time));
    }

    return times;
}

gboolean
import_times_hold(GHashTable *then, GHashTable *now)
{
    GHashTableIter iter;
    gpointer path;
    gpointer time;

    g_hash_table_iter_init(&iter, now);
    while (g_hash_table_iter_next(&iter, &path, &time)) {
        if (g_strcmp0(g_hash_table_lookup(then, path), time) != 0)
            return FALSE;
    }

    return TRUE;
}
