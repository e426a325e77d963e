/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util/fd.h"
#include "util/record-dir.h"

#define LOCK_FILE ".lock"
#define STAGED_DIR ".staged"
#define DECIDED_DIR ".decided"
#define TEMPORARY_SUFFIX ".tmp"

/* A change takes milliseconds; a process that is stopped or swapped out may take longer, but
 * nobody should wait for it for ever. */
#define LOCK_WAIT_US (30 * G_USEC_PER_SEC)
/* The lock is polled, because a blocking flock() cannot have a time limit. The intervals are
 * random, so that no process always comes too late. */
#define LOCK_POLL_MIN_US 1000
#define LOCK_POLL_MAX_US 10000

struct RecordDir {
    char *path;
    int fd;      /* -1: the directory does not exist */
    int lock_fd; /* -1: there is no lock file, because nobody has changed the directory yet */
};

void
record_dir_close(RecordDir *self)
{
    if (!self)
        return;
    fd_clear(&self->fd);
    fd_clear(&self->lock_fd);
    g_free(self->path);
    g_free(self);
}

static gboolean
create_record_dirs(const char *path, GError **error)
{
    g_autofree char *above = g_path_get_dirname(path);
    auto_fd fd = -1;

    if (g_file_test(path, G_FILE_TEST_IS_DIR))
        return TRUE;
    if (!create_record_dirs(above, error))
        return FALSE;
    if (mkdir(path, 0700) < 0 && errno != EEXIST) {
        virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), path);
        return FALSE;
    }
    fd = fd_open(AT_FDCWD, above, O_RDONLY | O_DIRECTORY, 0, error);

    return fd >= 0 && fd_sync(fd, above, error);
}

/* --- the lock --------------------------------------------------------------- */

static gboolean
wait_for_dir_lock(RecordDir *self, int operation, GError **error)
{
    gint64 end = g_get_monotonic_time() + LOCK_WAIT_US;

    while (flock(self->lock_fd, operation | LOCK_NB) < 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            virt_snap_error_set_errno(error, errno, _("Cannot lock the directory '%s'"),
                                      self->path);
            return FALSE;
        }
        if (g_get_monotonic_time() > end) {
            g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                        _("Another process has been at work in the directory '%s' for half a "
                          "minute; try again when it has finished"),
                        self->path);
            return FALSE;
        }
        g_usleep((gulong)g_random_int_range(LOCK_POLL_MIN_US, LOCK_POLL_MAX_US));
    }

    return TRUE;
}

static gboolean
lock_exclusive(RecordDir *self, GError **error)
{
    self->lock_fd = fd_open(self->fd, LOCK_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);
    if (self->lock_fd < 0) {
        g_prefix_error(error, _("Cannot change anything in the directory '%s': "), self->path);
        return FALSE;
    }

    return wait_for_dir_lock(self, LOCK_EX, error);
}

/* A reader does not create the lock file, so that it can also read directories where it may not
 * write. */
static gboolean
lock_shared(RecordDir *self, GError **error)
{
    self->lock_fd = openat(self->fd, LOCK_FILE, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (self->lock_fd < 0 && errno == ENOENT)
        return TRUE;
    if (self->lock_fd < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot lock the directory '%s'"), self->path);
        return FALSE;
    }

    return wait_for_dir_lock(self, LOCK_SH, error);
}

/* --- changes of several files ----------------------------------------------- */

static gboolean
remove_record_file(RecordDir *self, const char *file, GError **error)
{
    if (unlinkat(self->fd, file, 0) < 0 && errno != ENOENT) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove '%s' from '%s'"), file,
                                  self->path);
        return FALSE;
    }

    return TRUE;
}

/* Puts one file of the decided change in its place. It may be called again after a crash: the empty
 * file that marks a removal stays in the decided directory until the whole change is applied. */
static gboolean
apply_decided_file(RecordDir *self, int decided_fd, const char *file, GError **error)
{
    struct stat st;

    if (fstatat(decided_fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_size == 0)
        return remove_record_file(self, file, error);
    if (renameat(decided_fd, file, self->fd, file) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot put '%s' in place in '%s'"), file,
                                  self->path);
        return FALSE;
    }

    return TRUE;
}

static gboolean
apply_decided(RecordDir *self, GError **error)
{
    auto_fd decided_fd = fd_open_dir(self->fd, DECIDED_DIR, error);
    g_autoptr(GPtrArray) files = NULL;

    if (decided_fd < 0)
        return FALSE;
    files = dir_list_at(decided_fd, ".", error);
    if (!files)
        return FALSE;
    for (guint i = 0; i < files->len; i++) {
        if (!apply_decided_file(self, decided_fd, g_ptr_array_index(files, i), error))
            return FALSE;
    }

    /* The decided directory is removed only when the change itself is durable. */
    return fd_sync(decided_fd, DECIDED_DIR, error) && fd_sync(self->fd, self->path, error) &&
           tree_remove_at(self->fd, DECIDED_DIR, error) && fd_sync(self->fd, self->path, error);
}

static gboolean
finish_decided(RecordDir *self, GError **error)
{
    if (apply_decided(self, error))
        return TRUE;
    g_prefix_error(error,
                   _("A change in the directory '%s' is decided but not finished, which the next "
                     "command that can write there will do: "),
                   self->path);

    return FALSE;
}

static gboolean
stage_changes(RecordDir *self, const RecordChange *changes, gsize n, GError **error)
{
    auto_fd fd = dir_create_at(self->fd, STAGED_DIR, error);

    if (fd < 0)
        return FALSE;
    for (gsize i = 0; i < n; i++) {
        const char *text = changes[i].text ? changes[i].text : "";

        if (!file_create_at(fd, changes[i].file, text, strlen(text), error))
            return FALSE;
    }

    return fd_sync(fd, STAGED_DIR, error);
}

static gboolean
decide_changes(RecordDir *self, GError **error)
{
    if (renameat(self->fd, STAGED_DIR, self->fd, DECIDED_DIR) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot change the files in '%s'"), self->path);
        return FALSE;
    }

    return fd_sync(self->fd, self->path, error);
}

static gboolean
write_single_record(RecordDir *self, const RecordChange *change, GError **error)
{
    if (change->text)
        return file_replace_at(self->fd, change->file, change->text, strlen(change->text), error);

    return remove_record_file(self, change->file, error) && fd_sync(self->fd, self->path, error);
}

static gboolean
write_several_records(RecordDir *self, const RecordChange *changes, gsize n, GError **error)
{
    if (!stage_changes(self, changes, n, error)) {
        if (!tree_remove_at(self->fd, STAGED_DIR, NULL))
            g_debug("%s/%s stays until the next change", self->path, STAGED_DIR);
        return FALSE;
    }

    return decide_changes(self, error) && finish_decided(self, error);
}

gboolean
record_dir_write(RecordDir *self, const RecordChange *changes, gsize n, GError **error)
{
    if (n == 1 ? write_single_record(self, changes, error)
               : write_several_records(self, changes, n, error))
        return TRUE;
    g_prefix_error(error, _("In the directory '%s': "), self->path);

    return FALSE;
}

/* Called with the exclusive lock held: a decided, staged or temporary file can only have been left
 * by a process that was killed. */
static gboolean
clean_up_record_dir(RecordDir *self, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(self->fd, ".", error);

    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        gboolean done = TRUE;

        if (g_str_equal(name, DECIDED_DIR))
            done = finish_decided(self, error);
        else if (g_str_equal(name, STAGED_DIR))
            done = tree_remove_at(self->fd, name, error);
        else if (*name == '.' && g_str_has_suffix(name, TEMPORARY_SUFFIX))
            done = remove_record_file(self, name, error);
        if (!done)
            return FALSE;
    }

    return TRUE;
}

/* --- opening and reading ---------------------------------------------------- */

RecordDir *
record_dir_open(const char *path, RecordDirUse use, GError **error)
{
    g_autoptr(RecordDir) self = g_new0(RecordDir, 1);
    gboolean shared = use == RECORD_DIR_READ;

    self->path = g_strdup(path);
    self->fd = self->lock_fd = -1;
    if (use == RECORD_DIR_CREATE && !create_record_dirs(path, error))
        return NULL;
    if (use != RECORD_DIR_CREATE && access(path, F_OK) < 0 && errno == ENOENT)
        return g_steal_pointer(&self);
    /* The directory may be a symbolic link, because the user chose the path. */
    self->fd = fd_open(AT_FDCWD, path, O_RDONLY | O_DIRECTORY, 0, error);
    if (self->fd < 0 || !(shared ? lock_shared(self, error) : lock_exclusive(self, error)))
        return NULL;

    /* A reader must not see half of a change: complete it first, under the exclusive lock. */
    if (shared && record_dir_has(self, DECIDED_DIR)) {
        g_clear_pointer(&self, record_dir_close);
        return record_dir_open(path, RECORD_DIR_CHANGE, error);
    }
    if (!shared && !clean_up_record_dir(self, error))
        return NULL;

    return g_steal_pointer(&self);
}

const char *
record_dir_path(const RecordDir *self)
{
    return self->path;
}

gboolean
record_dir_has(RecordDir *self, const char *file)
{
    struct stat st;

    return self->fd >= 0 && fstatat(self->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

gsize
record_dir_size(RecordDir *self, const char *file)
{
    struct stat st;

    return self->fd >= 0 && fstatat(self->fd, file, &st, AT_SYMLINK_NOFOLLOW) == 0
               ? (gsize)st.st_size
               : 0;
}

GPtrArray *
record_dir_list(RecordDir *self, GError **error)
{
    g_autoptr(GPtrArray) files = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) all = NULL;

    if (self->fd < 0)
        return g_steal_pointer(&files);
    all = dir_list_at(self->fd, ".", error);
    if (!all)
        return NULL;
    for (guint i = 0; i < all->len; i++) {
        const char *name = g_ptr_array_index(all, i);

        if (*name != '.')
            g_ptr_array_add(files, g_strdup(name));
    }

    return g_steal_pointer(&files);
}

GBytes *
record_dir_read(RecordDir *self, const char *file, gsize limit, GError **error)
{
    if (self->fd < 0) {
        virt_snap_error_set_errno(error, ENOENT, _("Cannot open '%s'"), file);
        return NULL;
    }

    return file_read_at(self->fd, file, limit, error);
}
