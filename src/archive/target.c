/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/journal-kind.h"
#include "archive/target-foreign.h"
#include "archive/target-private.h"
#include "archive/target-space.h"
#include "util/fd.h"
#include "util/path.h"
#include "util/squash.h"

/* Locking starts again if another process removes the partial directory meanwhile. Once or twice
 * that is a race; after so many attempts it is given up. */
#define TAKE_ATTEMPTS 5

const char *
target_path(const Target *self)
{
    return self->path;
}

int
target_fd(const Target *self)
{
    return self->fd;
}

int
target_journal(const Target *self)
{
    return self->journal_fd;
}

const char *
target_warning(const Target *self)
{
    return self->warning;
}

guint
target_made(const Target *self)
{
    return self->made_directory ? 2 : self->made_parent ? 1 : 0;
}

void
target_set_made(Target *self, guint made)
{
    self->made_parent = made >= 1;
    self->made_directory = made >= 2;
}

void
target_keep(Target *self)
{
    self->keep = TRUE;
}

void
target_drop(Target *self)
{
    self->keep = FALSE;
}

const char *
target_moved_from(const Target *self)
{
    return self->asked;
}

gboolean
target_has_left(const Target *self)
{
    g_autofree char *path = g_build_filename(self->parent, self->partial, NULL);
    struct stat st;

    return lstat(path, &st) == 0 || (errno != ENOENT && errno != ENOTDIR);
}

gint64
target_left_changed(const Target *self)
{
    g_autofree char *partial = g_build_filename(self->parent, self->partial, NULL);
    g_autofree char *journal = g_build_filename(partial, JOURNAL_FILE, NULL);
    struct stat st;

    return lstat(journal, &st) == 0 || lstat(partial, &st) == 0 ? st.st_mtim.tv_sec : 0;
}

/* --- checks that change nothing ------------------------------------------- */

static gboolean
path_exists(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0;
}

static gboolean
check_is_directory(const char *path, GError **error)
{
    struct stat st;

    if (stat(path, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at the target directory '%s'"),
                                  path);
        return FALSE;
    }
    if (S_ISDIR(st.st_mode))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                _("The target '%s' is not a directory; name another one"), path);

    return FALSE;
}

/* The directory in which the first directory will be created. */
static char *
deepest_existing(const Target *self)
{
    char *at = g_strdup(path_exists(self->parent) ? self->parent : self->directory);

    for (gboolean up = TRUE; up && !path_exists(at); up = self->deep) {
        char *above = g_path_get_dirname(at);

        g_free(at);
        at = above;
    }

    return at;
}

static gboolean
check_place_writable(const Target *self, GError **error)
{
    g_autofree char *directory = deepest_existing(self);

    if (!check_is_directory(directory, error))
        return FALSE;
    if (faccessat(AT_FDCWD, directory, W_OK | X_OK, AT_EACCESS) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot write into the directory '%s'"), directory);
    squash_explain(AT_FDCWD, directory, error ? *error : NULL);

    return FALSE;
}

gboolean
target_already_exists(const char *path, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("'%s' exists already, and nothing is ever overwritten; name another directory "
                  "or remove it first"),
                path);

    return FALSE;
}

/* Checks a target without subdirectory: the directory must be empty, and must not be a mount point,
 * because it is replaced by a rename. */
static gboolean
check_place_empty(Target *self, GError **error)
{
    g_autoptr(GPtrArray) names = NULL;
    struct stat st;
    struct stat above;

    if (!path_exists(self->path))
        return TRUE;
    if (!check_is_directory(self->path, error))
        return FALSE;
    names = dir_list_at(AT_FDCWD, self->path, error);
    if (!names)
        return FALSE;
    if (names->len > 0)
        return target_already_exists(self->path, error);
    if (stat(self->path, &st) == 0 && stat(self->parent, &above) == 0 &&
        st.st_dev != above.st_dev) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is a mount point, and an export cannot take its place; name a "
                      "directory below it"),
                    self->path);
        return FALSE;
    }
    self->over_empty = TRUE;

    return TRUE;
}

static gboolean
check_place(Target *self, gboolean subdirectory, GError **error)
{
    if (path_exists(self->directory) && !check_is_directory(self->directory, error))
        return FALSE;
    if (subdirectory && path_exists(self->parent) && !check_is_directory(self->parent, error))
        return FALSE;
    if (subdirectory && path_exists(self->path))
        return target_already_exists(self->path, error);
    if (!subdirectory && !check_place_empty(self, error))
        return FALSE;

    return check_place_writable(self, error);
}

/* Returns: @place without symbolic links, as far as it exists, because a rename would replace a
 * link and not what it leads to; owned by the caller. */
static ExportPlace *
resolve_links(const ExportPlace *place)
{
    ExportPlace *resolved = export_place_copy(place);
    char *path = realpath(place->directory, NULL);

    if (path) {
        g_free(resolved->directory);
        resolved->directory = g_strdup(path);
    }
    free(path);

    return resolved;
}

static Target *
target_new_closed(void)
{
    Target *self = g_new0(Target, 1);

    self->parent_fd = self->fd = self->journal_fd = -1;

    return self;
}

/* Says where the export is to be, without looking at what is there. */
static Target *
target_at_place(const ExportPlace *place)
{
    Target *self = target_new_closed();
    g_autoptr(ExportPlace) resolved = resolve_links(place);

    self->directory = g_strdup(resolved->directory);
    self->deep = resolved->deep;
    self->parent = export_place_parent(resolved);
    self->name = export_place_entry(resolved);
    self->partial = g_strdup_printf(".%s.partial", self->name);
    self->path = g_build_filename(self->parent, self->name, NULL);

    return self;
}

Target *
target_left_at(const ExportPlace *place)
{
    Target *self = target_at_place(place);

    /* Whatever the final directory is, it does not matter to target_begin(). */
    self->over_empty = TRUE;

    return self;
}

void
target_set_import(Target *self)
{
    self->import = TRUE;
}

char *
target_path_of(const ExportPlace *place)
{
    g_autoptr(Target) self = target_at_place(place);

    return g_steal_pointer(&self->path);
}

Target *
target_new(const ExportPlace *place, GError **error)
{
    g_autoptr(Target) self = NULL;

    if (!path_check(place->directory, error))
        return NULL;
    if (*place->directory == '\0') {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The target directory is an empty path; name a directory"));
        return NULL;
    }
    self = target_at_place(place);
    if (!path_check(self->directory, error) || !check_place(self, place->subdirectory, error))
        return NULL;

    return g_steal_pointer(&self);
}

gboolean
target_space(const Target *self, TargetSpace *space, GError **error)
{
    g_autofree char *directory = deepest_existing(self);
    g_autofree char *earlier = g_build_filename(self->parent, self->partial, TARGET_LAYERS, NULL);

    return target_space_at(directory, earlier, space, error);
}

/* --- the partial directory ------------------------------------------------ */

/* Opens the directory @path and creates it if it does not exist. */
static int
open_or_create_dir(const char *path, gboolean *made, GError **error)
{
    *made = mkdir(path, 0700) == 0;
    if (!*made && errno != EEXIST) {
        if (foreign_name_error(errno, path, error))
            virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), path);
        return -1;
    }

    return fd_open_dir(AT_FDCWD, path, error);
}

/* They stay, and everybody may pass through them. */
static gboolean
make_above(const Target *self, GError **error)
{
    g_autofree char *above = g_path_get_dirname(self->directory);

    if (!self->deep || g_mkdir_with_parents(above, 0711) == 0)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), above);

    return FALSE;
}

static gboolean
open_parent(Target *self, GError **error)
{
    if (!make_above(self, error))
        return FALSE;
    /* Without a subdirectory the parent must exist already. */
    if (g_str_has_prefix(self->parent, self->directory)) {
        auto_fd fd = open_or_create_dir(self->directory, &self->made_directory, error);

        if (fd < 0)
            return FALSE;
        self->parent_fd = open_or_create_dir(self->parent, &self->made_parent, error);
        if (self->parent_fd < 0 || !foreign_check_dir(fd, self->parent, error))
            return FALSE;
    } else {
        self->parent_fd = fd_open_dir(AT_FDCWD, self->parent, error);
    }

    return self->parent_fd >= 0 && foreign_try_name(self->parent_fd, self->name, error);
}

gboolean
target_same_file(int dirfd, const char *name, int fd)
{
    struct stat there;
    struct stat held;

    return fd >= 0 && fstat(fd, &held) == 0 &&
           fstatat(dirfd, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/* Refuses a partial directory of another user, who could replace its content at any time. One that
 * was just created is accepted whatever owner the file system reports. */
static gboolean
check_partial_owner(const Target *self, GError **error)
{
    struct stat st;

    if (self->made_partial ||
        (fstat(self->fd, &st) == 0 && foreign_is_ours(self->parent_fd, &st)))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s/%s' belongs to another user; remove it or export into another directory"),
                self->parent, self->partial);

    return FALSE;
}

static gboolean
open_partial(Target *self, GError **error)
{
    fd_clear(&self->fd);
    fd_clear(&self->journal_fd);
    self->made_partial = mkdirat(self->parent_fd, self->partial, 0700) == 0;
    if (!self->made_partial && errno != EEXIST) {
        if (foreign_name_error(errno, self->partial, error))
            virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s/%s'"),
                                      self->parent, self->partial);
        return FALSE;
    }
    self->fd = fd_open_dir(self->parent_fd, self->partial, error);

    return self->fd >= 0 && check_partial_owner(self, error);
}

static gboolean
set_target_in_use(const Target *self, GError **error)
{
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another export into '%s' is under way; wait for it or end it"), self->path);

    return FALSE;
}

static gboolean
lock_target_file(const Target *self, int fd, GError **error)
{
    if (fd_lock(fd, LOCK_EX | LOCK_NB) == 0)
        return TRUE;
    if (errno == EWOULDBLOCK)
        return set_target_in_use(self, error);
    virt_snap_error_set_errno(error, errno, _("Cannot lock '%s/%s'"), self->parent,
                              self->partial);

    return FALSE;
}

/* Locks the directory first and then the journal. A process that removes everything including the
 * journal still holds the lock of the directory, so nobody creates a new journal in it meanwhile.
 * The lock of the journal is for file systems that cannot lock directories (NFS). */
static gboolean
lock_partial(Target *self, GError **error)
{
    g_autoptr(GError) why = NULL;

    if (!lock_target_file(self, self->fd, &why) &&
        g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE)) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    /* The previous holder may have committed it, that is renamed it; nothing must be written into
     * it then. */
    if (!target_same_file(self->parent_fd, self->partial, self->fd)) {
        virt_snap_error_set_errno(error, ENOENT, _("Cannot lock '%s/%s'"), self->parent,
                                  self->partial);
        return FALSE;
    }
    self->journal_fd =
        fd_open(self->fd, JOURNAL_FILE, O_RDWR | O_CREAT | O_NOFOLLOW, 0600, error);

    return self->journal_fd >= 0 && lock_target_file(self, self->journal_fd, error);
}

/* Removes a partial directory that this target created but could not lock. It is still empty except
 * for the journal. */
static void
unmake_partial(Target *self)
{
    if (!self->made_partial || self->fd < 0)
        return;
    if (self->journal_fd >= 0)
        unlinkat(self->fd, JOURNAL_FILE, 0);
    unlinkat(self->parent_fd, self->partial, AT_REMOVEDIR);
}

/* Opens and locks the partial directory and its journal. Then checks that both are still in place,
 * because the previous holder may have renamed or removed them before the lock was acquired. */
static gboolean
take_partial(Target *self, GError **error)
{
    for (int i = 0; i < TAKE_ATTEMPTS; i++) {
        g_autoptr(GError) why = NULL;

        if (!open_partial(self, &why) || !lock_partial(self, &why)) {
            if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
                continue;
            if (!g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE))
                unmake_partial(self);
            g_propagate_error(error, g_steal_pointer(&why));
            return FALSE;
        }
        if (target_same_file(self->parent_fd, self->partial, self->fd) &&
            target_same_file(self->fd, JOURNAL_FILE, self->journal_fd))
            return TRUE;
    }

    return set_target_in_use(self, error);
}

static gboolean
clear_partial(Target *self, gboolean keep_layers, GError **error)
{
    g_autoptr(GPtrArray) names = dir_list_at(self->fd, ".", error);

    if (!names)
        return FALSE;
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (keep_layers && g_str_equal(name, TARGET_LAYERS))
            continue;
        if (!g_str_equal(name, JOURNAL_FILE) && !tree_remove_at(self->fd, name, error))
            return FALSE;
    }

    return TRUE;
}

gboolean
target_begin(Target *self, gboolean resume, GError **error)
{
    struct stat st;

    if (!open_parent(self, error) || !take_partial(self, error) ||
        !journal_check_kind(self->journal_fd, self->import, self->parent, self->partial, error))
        return FALSE;
    self->begun = TRUE;
    g_free(self->warning);
    self->warning = foreign_close(self->fd, self->journal_fd, self->parent);
    self->keep = resume && !self->made_partial;
    /* The previous holder may have committed its export. */
    if (!self->over_empty &&
        fstatat(self->parent_fd, self->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return target_already_exists(self->path, error);

    return resume ? dir_restore_entries(self->fd, error) : clear_partial(self, FALSE, error);
}

gboolean
target_tidy(Target *self, GError **error)
{
    return clear_partial(self, TRUE, error);
}

/* Removes the partial directory. The journal is removed last and closed before the directory is
 * removed, because NFS and FUSE keep a removed file that is still open under another name. If
 * another process has put something into the directory by then, it stays. */
static gboolean
remove_partial(Target *self, GError **error)
{
    if (!clear_partial(self, FALSE, error))
        return FALSE;
    unlinkat(self->fd, JOURNAL_FILE, 0);
    fd_clear(&self->journal_fd);
    if (unlinkat(self->parent_fd, self->partial, AT_REMOVEDIR) == 0 || errno == ENOENT ||
        errno == ENOTEMPTY || errno == EEXIST)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove the directory '%s'"), self->partial);

    return FALSE;
}

/* Removes what this target has created. Directories that somebody else uses by now are not empty
 * and stay. */
static void
discard_partial(Target *self)
{
    g_autoptr(GError) error = NULL;

    if (self->begun && !remove_partial(self, &error))
        g_warning("%s", error->message);
    if (self->made_parent && target_same_file(AT_FDCWD, self->parent, self->parent_fd))
        rmdir(self->parent);
    if (self->made_directory)
        rmdir(self->directory);
}

void
target_free(Target *self)
{
    if (!self)
        return;
    if (!self->keep)
        discard_partial(self);
    fd_clear(&self->journal_fd);
    fd_clear(&self->fd);
    fd_clear(&self->parent_fd);
    g_free(self->directory);
    g_free(self->parent);
    g_free(self->name);
    g_free(self->partial);
    g_free(self->path);
    g_free(self->asked);
    g_free(self->warning);
    g_free(self);
}
