/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>

#include "import/import-volumes-free.h"
#include "import/import-volumes.h"
#include "import/own-record.h"
#include "util/fd.h"

/* --- imports whose directory is gone --------------------------------------------- */

/* Nothing tells whether one of them is still under way, or whether domains have the volumes, and
 * who has removed the directory may have wanted to keep them: so they are named, and stay. */

static gboolean
is_nothing_at(const char *path)
{
    struct stat st;

    return lstat(path, &st) < 0 && errno == ENOENT;
}

/* What is on a file system that is not mounted may come back with it. */
static gboolean
is_place_gone(const char *directory)
{
    g_autofree char *parent = g_path_get_dirname(directory);
    g_autofree char *name = g_path_get_basename(directory);
    g_autofree char *partial = g_strdup_printf("%s/.%s.partial", parent, name);

    return g_file_test(parent, G_FILE_TEST_IS_DIR) && is_nothing_at(directory) &&
           is_nothing_at(partial);
}

/* Returns: (nullable): the record @id, owned by the caller, if it is one of volumes, and its
 * directory is gone. */
static VolumeRecord *
read_left(const char *id)
{
    g_autoptr(GBytes) bytes = own_record_read(id, IMPORT_VOLUMES_BYTES_MAX);
    g_autoptr(VolumeRecord) record =
        bytes ? volume_record_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), NULL)
              : NULL;

    if (!record || !record->directory || !is_place_gone(record->directory))
        return NULL;

    return g_steal_pointer(&record);
}

static void
free_left(gpointer record)
{
    volume_record_free(record);
}

/* Returns: (element-type VolumeRecord): owned by the caller. */
static GPtrArray *
find_left(void)
{
    g_autoptr(GPtrArray) ids = own_record_list();
    GPtrArray *left = g_ptr_array_new_with_free_func(free_left);

    for (guint i = 0; ids && i < ids->len; i++) {
        VolumeRecord *record = read_left(g_ptr_array_index(ids, i));

        if (record)
            g_ptr_array_add(left, record);
    }

    return left;
}

/* Returns: the names of those volumes that are there, owned by the caller. */
static char *
names_left(const VolumeRecord *record)
{
    g_autoptr(GString) names = g_string_new(NULL);

    for (guint i = 0; i < record->all->len; i++) {
        const char *path = ((const RecordedVolume *)g_ptr_array_index(record->all, i))->path;
        g_autofree char *name = g_path_get_basename(path);

        if (import_volumes_has(record, path))
            g_string_append_printf(names, "%s'%s'", names->len > 0 ? ", " : "", name);
    }

    return g_string_free(g_steal_pointer(&names), FALSE);
}

void
import_volumes_warn_left(ImportPlan *plan)
{
    g_autoptr(GPtrArray) left = find_left();

    for (guint i = 0; i < left->len; i++) {
        const VolumeRecord *record = g_ptr_array_index(left, i);
        g_autofree char *names = names_left(record);

        if (*names && g_strcmp0(record->pool, plan->settings->pool) == 0)
            import_plan_warn(plan,
                             _("An interrupted import into '%s', which is not there any more, has "
                               "left volumes in the storage pool '%s': %s; remove them with "
                               "'virsh vol-delete', unless domains have them"),
                             record->directory, record->pool, names);
    }
}

/* --- names that are taken ---------------------------------------------------------- */

static const VolumeRecord *
find_maker(const GPtrArray *left, const char *path)
{
    for (guint i = 0; i < left->len; i++) {
        if (import_volumes_has(g_ptr_array_index(left, i), path))
            return g_ptr_array_index(left, i);
    }

    return NULL;
}

static void
note_taken(GString *taken, const GPtrArray *left, const char *path, const char *pool)
{
    g_autofree char *name = g_path_get_basename(path);
    const VolumeRecord *maker = find_maker(left, path);

    if (maker)
        g_string_append_printf(taken,
                               _("\n  the storage pool '%s' has a volume '%s', which an "
                                 "interrupted import into '%s' has left, which is not there any "
                                 "more; 'virsh vol-delete' removes it, and --rename or --suffix "
                                 "gives another name"),
                               pool, name, maker->directory);
    else
        g_string_append_printf(taken,
                               _("\n  the storage pool '%s' has a volume '%s'; --rename or "
                                 "--suffix gives it another name"),
                               pool, name);
}

gboolean
import_volumes_check_free(const ImportPlan *plan, GError **error)
{
    g_autoptr(VolumeRecord) wanted = import_volumes_of(plan);
    g_autoptr(VolumeRecord) ours = NULL;
    g_autoptr(GPtrArray) left = find_left();
    g_autoptr(GString) taken = g_string_new(NULL);
    auto_fd fd = import_volumes_open_left(plan->directory);

    if (fd >= 0 && !import_volumes_read(fd, &ours, error))
        return FALSE;
    for (guint i = 0; i < wanted->all->len; i++) {
        const char *path = ((const RecordedVolume *)g_ptr_array_index(wanted->all, i))->path;
        struct stat st;

        if (lstat(path, &st) == 0 && (!ours || !import_volumes_has(ours, path)))
            note_taken(taken, left, path, wanted->pool);
    }
    if (taken->len == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("What is to be imported is there already, and nothing is ever overwritten:%s"),
                taken->str);

    return FALSE;
}
