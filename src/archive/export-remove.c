/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/export-lock.h"
#include "archive/export-protect.h"
#include "archive/export-remove.h"
#include "archive/target-foreign.h"
#include "archive/target.h"
#include "archive/verify-tree.h"
#include "image/image-lock.h"
#include "util/fd.h"

/* An export that is being removed. */
typedef struct {
    int parent_fd; /* the parent directory; owned */
    int fd;        /* the directory of the export; owned */
    int lock;
    char *name;    /* its name in the parent directory */
    char *pruned;  /* its name while it is being removed; it may be name */
    const char *path;
    Manifest *manifest; /* NULL: the manifest is removed already */
    Control *control;
} Removal;

static void
removal_clear(Removal *self)
{
    fd_clear(&self->lock);
    fd_clear(&self->fd);
    fd_clear(&self->parent_fd);
    manifest_free(self->manifest);
    g_free(self->name);
    g_free(self->pruned);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Removal, removal_clear)

/* --- what it is ------------------------------------------------------------- */

static gboolean
check_owner(const Removal *self, GError **error)
{
    struct stat st;

    if (fstat(self->fd, &st) == 0 && foreign_is_ours(self->parent_fd, &st))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s' belongs to another user, who has to remove it"), self->path);

    return FALSE;
}

static gboolean
open_removal(Removal *self, const ExportRef *export, GError **error)
{
    g_autofree char *parent = g_path_get_dirname(export->below);

    self->name = g_path_get_basename(export->below);
    self->parent_fd = g_str_equal(parent, ".")
                          ? fcntl(export->rootfd, F_DUPFD_CLOEXEC, 0)
                          : fd_open_inside(export->rootfd, parent, O_RDONLY | O_DIRECTORY, error);
    if (self->parent_fd < 0)
        return FALSE;
    self->fd = fd_open_inside(self->parent_fd, self->name, O_RDONLY | O_DIRECTORY, error);

    return self->fd >= 0;
}

/* Whether something about the export keeps it, or the system kept us from finding out. The latter
 * says nothing about the export, and nobody must take it for done. */
static RemoveResult
refusal_of(const GError *error)
{
    static const VirtSnapError faults[] = {
        VIRT_SNAP_ERROR_FAILED, VIRT_SNAP_ERROR_ACCESS_DENIED, VIRT_SNAP_ERROR_OUT_OF_MEMORY,
        VIRT_SNAP_ERROR_TIMEOUT};

    return virt_snap_error_is(error, faults, G_N_ELEMENTS(faults)) ? REMOVE_FAILED : REMOVE_KEPT;
}

/* --- what it holds ---------------------------------------------------------- */

/* Refuses files that the manifest does not name, because somebody else may need them. */
static gboolean
check_removed_surplus(const Removal *self, GError **error)
{
    g_autoptr(VerifyReport) report = verify_report_new();
    const VerifyProblem *first;

    verify_tree(self->fd, self->manifest, report);
    if (report->problems->len == 0)
        return TRUE;
    first = g_ptr_array_index(report->problems, 0);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("'%s/%s' %s; move it away, or remove the export by hand"), self->path,
                first->file, first->what);

    return FALSE;
}

static gboolean
check_unused(const Removal *self, const ManifestFile *file, GError **error)
{
    auto_fd fd = fd_open_inside(self->fd, file->path, O_RDONLY | O_NONBLOCK, error);

    if (fd < 0)
        return FALSE;
    if (!image_lock_is_used(fd))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("'%s/%s' is in use: a domain or another program has it open"), self->path,
                file->path);

    return FALSE;
}

static gboolean
check_all_unused(const Removal *self, GError **error)
{
    for (guint i = 0; i < self->manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(self->manifest->files, i);

        if (file->format && !check_unused(self, file, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
check_protected(const Removal *self, GError **error)
{
    if (!export_is_protected(self->fd))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("The export '%s' is protected"), self->path);

    return FALSE;
}

static gboolean
check_removed_content(const Removal *self, ExportLinks *links, GError **error)
{
    return check_protected(self, error) &&
           export_links_add(links, self->fd, self->manifest, error) &&
           check_removed_surplus(self, error) && check_all_unused(self, error);
}

/* Opens the export, locks it exclusively, and checks that it can be removed. */
static RemoveResult
take_export_away(Removal *self, const ExportRef *export, ExportLinks *links, GError **error)
{
    if (!open_removal(self, export, error))
        return refusal_of(*error);
    if (!check_owner(self, error))
        return REMOVE_KEPT;
    self->lock = export_lock_remove(self->fd, self->path, error);
    if (self->lock < 0)
        return refusal_of(*error);
    if (export->stamp && !export_stamp_check(export->stamp, self->lock, self->path, error))
        return REMOVE_REPLACED;
    self->manifest = manifest_load_open(self->lock, error);

    return self->manifest && check_removed_content(self, links, error) ? REMOVE_DONE
                                                                       : refusal_of(*error);
}

/* --- its name --------------------------------------------------------------- */

static gboolean
rename_export(const Removal *self, const char *from, const char *to)
{
    struct stat st;
    int result = renameat2(self->parent_fd, from, self->parent_fd, to, RENAME_NOREPLACE);

    /* Not every file system supports the flag. */
    if (result < 0 && (errno == EINVAL || errno == ENOSYS)) {
        errno = EEXIST;
        if (fstatat(self->parent_fd, to, &st, AT_SYMLINK_NOFOLLOW) < 0)
            result = renameat(self->parent_fd, from, self->parent_fd, to);
    }

    return result == 0;
}

/* Whether what was renamed is what is locked. No lock keeps others from renaming directories, and
 * what has the new name would be removed. */
static gboolean
is_renamed_ours(const Removal *self)
{
    struct stat held;
    struct stat there;

    return fstat(self->fd, &held) == 0 &&
           fstatat(self->parent_fd, self->pruned, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
           held.st_dev == there.st_dev && held.st_ino == there.st_ino;
}

/* Renames the export although the server renames no directory in which a file is open (SMB), as the
 * manifest is that is locked. Whoever has begun to read the export since has it open, too, and
 * whoever begins now does not find it any more. */
static gboolean
rename_unlocked(Removal *self)
{
    fd_clear(&self->lock);

    return rename_export(self, self->name, self->pruned);
}

/* Locks what rename_unlocked() may have renamed. */
static gboolean
lock_renamed(Removal *self, GError **error)
{
    g_autofree char *above = g_path_get_dirname(self->path);
    g_autofree char *path = g_build_filename(above, self->pruned, NULL);

    if (self->lock < 0)
        self->lock = export_lock_remove(self->fd, path, error);

    return self->lock >= 0;
}

/* Makes its new name one that stays, and that nobody else has locked. */
static gboolean
keep_renamed(Removal *self, GError **error)
{
    return lock_renamed(self, error) && fd_sync(self->parent_fd, self->path, error);
}

static RemoveResult
rename_away(Removal *self, GError **error)
{
    if (!rename_export(self, self->name, self->pruned) &&
        !(fd_is_held_open(errno) && rename_unlocked(self))) {
        virt_snap_error_set_errno(error, errno, _("Cannot rename the export '%s' to '%s'"),
                                  self->path, self->pruned);
        return REMOVE_FAILED;
    }
    if (is_renamed_ours(self))
        return keep_renamed(self, error) ? REMOVE_DONE : REMOVE_FAILED;
    if (!rename_export(self, self->pruned, self->name)) {
        virt_snap_error_set_errno(error, errno, _("Cannot give '%s' its name back, '%s'"),
                                  self->pruned, self->path);
        return REMOVE_FAILED;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("'%s' was replaced while it was to be removed"), self->path);

    return REMOVE_REPLACED;
}

/* --- its files -------------------------------------------------------------- */

static gboolean
cannot_remove(const Removal *self, const char *file, GError **error)
{
    virt_snap_error_set_errno(error, errno, _("Cannot remove '%s' of the export '%s'"), file,
                              self->path);

    return FALSE;
}

/* Opens the directory of @file, which an interrupted removal may have removed already. @gone:
 * (out): whether it has. */
static int
open_directory(const Removal *self, const char *file, gboolean *gone, GError **error)
{
    g_autofree char *directory = g_path_get_dirname(file);
    g_autoptr(GError) why = NULL;
    int fd = g_str_equal(directory, ".")
                 ? fcntl(self->fd, F_DUPFD_CLOEXEC, 0)
                 : fd_open_inside(self->fd, directory, O_RDONLY | O_DIRECTORY, &why);

    *gone = g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND);
    if (why && !*gone)
        g_propagate_error(error, g_steal_pointer(&why));

    return fd;
}

static gboolean
remove_entry(const Removal *self, const char *file, int flags, GError **error)
{
    g_autofree char *name = g_path_get_basename(file);
    gboolean gone = FALSE;
    auto_fd fd = open_directory(self, file, &gone, error);

    if (fd < 0)
        return gone;
    if (unlinkat(fd, name, flags) == 0 || errno == ENOENT)
        return TRUE;

    return cannot_remove(self, file, error);
}

static gboolean
remove_export_files(const Removal *self, GError **error)
{
    for (guint i = 0; i < self->manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(self->manifest->files, i);

        if (!control_pass(self->control, 0, error) || !remove_entry(self, file->path, 0, error))
            return FALSE;
    }

    return remove_entry(self, JOURNAL_FILE, 0, error) &&
           remove_entry(self, PROTECTED_FILE, 0, error);
}

static gint
deepest_first(gconstpointer a, gconstpointer b)
{
    gsize one = strlen(*(const char *const *)a);
    gsize other = strlen(*(const char *const *)b);

    return one < other ? 1 : one > other ? -1 : 0;
}

static GPtrArray *
hash_keys(GHashTable *table)
{
    GPtrArray *keys = g_ptr_array_sized_new(g_hash_table_size(table));
    GHashTableIter iter;
    gpointer key;

    g_hash_table_iter_init(&iter, table);
    while (g_hash_table_iter_next(&iter, &key, NULL))
        g_ptr_array_add(keys, key);

    return keys;
}

/* Removes the directories, those with the longer paths first: a subdirectory has a longer path than
 * its parent. */
static gboolean
remove_directories(const Removal *self, GError **error)
{
    g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GPtrArray) paths = NULL;

    for (guint i = 0; i < self->manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(self->manifest->files, i);

        for (const char *slash = strchr(file->path, '/'); slash; slash = strchr(slash + 1, '/'))
            g_hash_table_add(known, g_strndup(file->path, (gsize)(slash - file->path)));
    }
    paths = hash_keys(known);
    g_ptr_array_sort(paths, deepest_first);
    for (guint i = 0; i < paths->len; i++) {
        if (!remove_entry(self, g_ptr_array_index(paths, i), AT_REMOVEDIR, error))
            return FALSE;
    }

    return TRUE;
}

/* Removes the content. The manifest is removed last, and after the rest is durably gone, because
 * the next run reads in it what else is to be removed. */
static gboolean
remove_content(const Removal *self, GError **error)
{
    if (!self->manifest)
        return TRUE;

    return remove_export_files(self, error) && remove_directories(self, error) &&
           fd_sync(self->fd, self->path, error) && remove_entry(self, MANIFEST_FILE, 0, error);
}

/* Removes everything. The lock on the manifest is closed before the directory is removed, because
 * FUSE and NFS keep a removed file that is still open under another name. */
static gboolean
remove_whole_export(Removal *self, GError **error)
{
    if (!remove_content(self, error))
        return FALSE;
    fd_clear(&self->lock);
    if (unlinkat(self->parent_fd, self->pruned, AT_REMOVEDIR) < 0 && errno != ENOENT)
        return cannot_remove(self, self->pruned, error);

    return fd_sync(self->parent_fd, self->path, error);
}

/* --- both ------------------------------------------------------------------- */

RemoveResult
export_remove_check(const ExportRef *export, ExportLinks *links, GError **error)
{
    g_auto(Removal) self = {.parent_fd = -1, .fd = -1, .lock = -1, .path = export->path};
    g_autoptr(ExportLinks) alone = export_links_new();
    RemoveResult result = take_export_away(&self, export, alone, error);

    if (result != REMOVE_DONE)
        return result;

    /* The files are counted only if the whole export can be removed. */
    return export_links_add(links, self.fd, self.manifest, error) ? REMOVE_DONE : REMOVE_KEPT;
}

RemoveResult
export_remove(const ExportRef *export, Control *control, guint64 *freed, GError **error)
{
    g_auto(Removal) self = {
        .parent_fd = -1, .fd = -1, .lock = -1, .path = export->path, .control = control};
    g_autoptr(ExportLinks) links = export_links_new();
    RemoveResult result = take_export_away(&self, export, links, error);

    if (result == REMOVE_DONE && !control_pass(control, 0, error))
        return REMOVE_KEPT;
    if (result != REMOVE_DONE)
        return result;
    *freed = export_links_own(links);
    self.pruned = g_strdup_printf(".%s" EXPORT_PRUNED, self.name);
    result = rename_away(&self, error);
    if (result != REMOVE_DONE)
        return result;

    return remove_whole_export(&self, error) ? REMOVE_DONE : REMOVE_FAILED;
}

/* Opens what an interrupted removal has left. Without a manifest only the directory is left. */
static gboolean
take_left(Removal *self, guint64 *freed, GError **error)
{
    g_autoptr(ExportLinks) links = export_links_new();
    struct stat st;

    if (fstatat(self->fd, MANIFEST_FILE, &st, AT_SYMLINK_NOFOLLOW) < 0 && errno == ENOENT)
        return TRUE;
    self->lock = export_lock_remove(self->fd, self->path, error);
    if (self->lock < 0)
        return FALSE;
    self->manifest = manifest_load_open(self->lock, error);
    if (!self->manifest || !check_removed_surplus(self, error))
        return FALSE;
    if (!export_links_add(links, self->fd, self->manifest, NULL))
        g_debug("'%s' is not complete any more", self->path);
    *freed = export_links_own(links);

    return TRUE;
}

RemoveResult
export_remove_left(const ExportRef *export, Control *control, guint64 *freed, GError **error)
{
    g_auto(Removal) self = {
        .parent_fd = -1, .fd = -1, .lock = -1, .path = export->path, .control = control};

    *freed = 0;
    if (!open_removal(&self, export, error))
        return refusal_of(*error);
    if (!check_owner(&self, error))
        return REMOVE_KEPT;
    self.pruned = g_strdup(self.name);
    if (!take_left(&self, freed, error))
        return refusal_of(*error);

    return remove_whole_export(&self, error) ? REMOVE_DONE : REMOVE_FAILED;
}

static void
list_in(GPtrArray *left, int dirfd, const char *directory)
{
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", NULL);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (export_is_pruned(name))
            g_ptr_array_add(left, directory ? g_build_filename(directory, name, NULL)
                                            : g_strdup(name));
    }
}

GPtrArray *
export_list_left(int rootfd, GError **error)
{
    g_autoptr(GPtrArray) left = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GPtrArray) names = dir_list_at(rootfd, ".", error);

    if (!names)
        return NULL;
    list_in(left, rootfd, NULL);
    for (guint i = 0; i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);
        auto_fd fd = *name == '.'
                         ? -1
                         : fd_open_inside(rootfd, name, O_RDONLY | O_DIRECTORY, NULL);

        if (fd >= 0)
            list_in(left, fd, name);
    }

    return g_steal_pointer(&left);
}
