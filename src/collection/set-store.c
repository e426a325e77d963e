/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "collection/set-store.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/record-dir.h"
#include "util/xml.h"

#define SUFFIX ".xml"

char *
set_store_directory(void)
{
    char *path = path_state("sets");

    (void)!g_mkdir_with_parents(path, 0700);

    return path;
}

static RecordDir *
open_store(RecordDirUse use, GError **error)
{
    g_autofree char *path = path_state("sets");

    return record_dir_open(path, use, error);
}

/* --- reading -------------------------------------------------------------------------- */

static SetRecord *
load_file(RecordDir *dir, const char *file, GError **error)
{
    g_autoptr(GBytes) bytes = record_dir_read(dir, file, SET_RECORD_BYTES_MAX, error);

    return bytes ? set_record_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error)
                 : NULL;
}

static int
by_time(gconstpointer a, gconstpointer b)
{
    const SetRecord *left = *(SetRecord *const *)a;
    const SetRecord *right = *(SetRecord *const *)b;

    return left->created < right->created   ? -1
           : left->created > right->created ? 1
                                            : strcmp(left->id, right->id);
}

GPtrArray *
set_store_load(GError **error)
{
    g_autoptr(RecordDir) dir = open_store(RECORD_DIR_READ, error);
    g_autoptr(GPtrArray) files = dir ? record_dir_list(dir, error) : NULL;
    GPtrArray *records;

    /* Without the schema no record can be read, and the sets would be taken for others'. */
    if (!files || (files->len > 0 && !xml_check_schema(SET_RECORD_SCHEMA, error)))
        return NULL;
    records = g_ptr_array_new_with_free_func((GDestroyNotify)set_record_free);
    for (guint i = 0; i < files->len; i++) {
        const char *file = g_ptr_array_index(files, i);
        g_autoptr(GError) why = NULL;
        SetRecord *record = g_str_has_suffix(file, SUFFIX) ? load_file(dir, file, &why) : NULL;

        if (record)
            g_ptr_array_add(records, record);
        if (why)
            g_warning("'%s/%s' is left alone: %s", record_dir_path(dir), file, why->message);
    }
    g_ptr_array_sort(records, by_time);

    return records;
}

const SetRecord *
set_records_find(GPtrArray *records, const char *uuid, const char *snapshot, gint64 creation_time)
{
    for (guint i = 0; i < records->len; i++) {
        const SetRecord *record = g_ptr_array_index(records, i);
        const SetMember *member = set_record_member(record, uuid);

        if (record->complete && member && g_str_equal(record->snapshot, snapshot) &&
            member->creation_time == creation_time)
            return record;
    }

    return NULL;
}

/* --- changing ------------------------------------------------------------------------- */

static char *
file_of(const char *id)
{
    return g_strconcat(id, SUFFIX, NULL);
}

gboolean
set_store_save(const SetRecord *self, GError **error)
{
    g_autofree char *file = file_of(self->id);
    g_autofree char *text = set_record_format(self);
    const RecordChange change = {file, text};
    g_autoptr(RecordDir) dir = open_store(RECORD_DIR_CREATE, error);

    return dir && record_dir_write(dir, &change, 1, error);
}

/* A process that has the record open keeps a file without a name, which nobody else reads. */
static void
remove_lock(const char *id)
{
    g_autofree char *directory = path_state("sets-in-the-making");
    g_autofree char *path = g_build_filename(directory, id, NULL);

    unlink(path);
}

gboolean
set_store_remove(const char *id, GError **error)
{
    g_autofree char *file = file_of(id);
    const RecordChange change = {file, NULL};
    g_autoptr(RecordDir) dir = open_store(RECORD_DIR_CHANGE, error);

    if (!dir)
        return FALSE;
    remove_lock(id);

    return !record_dir_has(dir, file) || record_dir_write(dir, &change, 1, error);
}

/* Returns: the descriptor; -1 with @taken (IN_USE) if somebody else has locked the file. */
static int
lock_file(const char *directory, const char *name, const char *taken, GError **error)
{
    g_autofree char *path = g_build_filename(directory, name, NULL);
    auto_fd fd = -1;

    if (g_mkdir_with_parents(directory, 0700) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), directory);
        return -1;
    }
    fd = fd_open(AT_FDCWD, path, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);
    if (fd < 0)
        return -1;
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return fd_steal(&fd);
    if (errno == EWOULDBLOCK)
        g_set_error_literal(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE, taken);
    else
        virt_snap_error_set_errno(error, errno, _("Cannot lock '%s'"), path);

    return -1;
}

int
set_store_lock(const char *id, GError **error)
{
    g_autofree char *directory = path_state("sets-in-the-making");

    return lock_file(directory, id,
                     _("Another process is working on this snapshot collection; wait until it has "
                       "ended"),
                     error);
}

/* --- the locks of domains ------------------------------------------------------------- */

int
set_store_lock_domain(const char *uuid, GError **error)
{
    g_autofree char *directory = path_state("domains-in-change");
    const char *taken = _("Another command is changing its snapshots; wait until it has ended");
    int fd = lock_file(directory, uuid, taken, error);
    struct stat st;

    /* Whoever had the lock has removed the file meanwhile, and somebody may have made another. */
    while (fd >= 0 && fstat(fd, &st) == 0 && st.st_nlink == 0) {
        fd_clear(&fd);
        fd = lock_file(directory, uuid, taken, error);
    }

    return fd;
}

void
set_store_unlock_domain(const char *uuid, int fd)
{
    g_autofree char *directory = path_state("domains-in-change");
    g_autofree char *path = g_build_filename(directory, uuid, NULL);

    unlink(path);
    fd_clear(&fd);
}
