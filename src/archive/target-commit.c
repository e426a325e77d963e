/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/target-foreign.h"
#include "archive/target-private.h"
#include "util/fd.h"

/* Committing a target: giving it its final name durably, and finding out where it is. */

/* Some file systems do not support the flag. Without it rename() still replaces nothing but an
 * empty directory. */
static int
give_name(const Target *self)
{
    unsigned int flags = self->over_empty ? 0 : RENAME_NOREPLACE;
    int result = renameat2(self->parent_fd, self->partial, self->parent_fd, self->name, flags);

    if (result < 0 && (errno == EINVAL || errno == ENOSYS))
        result = renameat(self->parent_fd, self->partial, self->parent_fd, self->name);

    return result;
}

/* A file server may rename no directory in which a file is open (SMB), as the journal is. When that
 * is closed its lock is gone, too; but whoever takes it now has it open, so that the directory is
 * not renamed, and whoever comes later does not find it any more. */
static int
give_name_closed(Target *self)
{
    int result = give_name(self);

    if (result == 0 || !fd_is_held_open(errno))
        return result;
    fd_clear(&self->journal_fd);

    return give_name(self);
}

static gboolean
rename_partial(Target *self, GError **error)
{
    if (!target_same_file(self->parent_fd, self->partial, self->fd)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("'%s/%s', which the export was written into, is not there any more: somebody "
                      "has removed or renamed it; export again"),
                    self->parent, self->partial);
        return FALSE;
    }
    if (give_name_closed(self) == 0)
        return TRUE;
    if (errno == EEXIST || errno == ENOTEMPTY || errno == ENOTDIR)
        return target_already_exists(self->path, error);
    if (!foreign_name_error(errno, self->name, error))
        return FALSE;
    virt_snap_error_set_errno(error, errno, _("Cannot give the export its name '%s'"),
                              self->path);

    return FALSE;
}

/* Syncs the directory @above (as "..") relative to the parent directory of the export, wherever
 * that is now. */
static gboolean
sync_above(const Target *self, const char *above, GError **error)
{
    auto_fd fd = fd_open_dir(self->parent_fd, above, error);

    return fd >= 0 && fd_sync(fd, above, error);
}

/* Syncs the directory entry of the export and those of all directories created for it. */
static gboolean
sync_parents(const Target *self, GError **error)
{
    return fd_sync(self->parent_fd, self->parent, error) &&
           (!self->made_parent || sync_above(self, "..", error)) &&
           (!self->made_directory || sync_above(self, "../..", error));
}

/* Updates the path of the export if somebody renamed a directory above it meanwhile. */
static gboolean
find_final_place(Target *self, GError **error)
{
    g_autofree char *link = g_strdup_printf("/proc/self/fd/%d", self->fd);
    g_autofree char *now = NULL;

    if (target_same_file(AT_FDCWD, self->path, self->fd))
        return TRUE;
    now = g_file_read_link(link, NULL);
    if (now && target_same_file(AT_FDCWD, now, self->fd)) {
        self->asked = self->path;
        self->path = g_steal_pointer(&now);
        return TRUE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                _("The directory '%s' was removed or renamed while it was exported to, and where "
                  "it is now cannot be told; export again"),
                self->parent);

    return FALSE;
}

static gboolean
commit_partial(Target *self, GError **error)
{
    if (!fd_sync(self->fd, self->partial, error) || !rename_partial(self, error))
        return FALSE;
    if (sync_parents(self, error) && find_final_place(self, error))
        return TRUE;
    /* A name that may not survive a crash must not be reported as a success, so it is undone. What
     * somebody else has given that name is not touched. */
    if (target_same_file(self->parent_fd, self->name, self->fd))
        renameat(self->parent_fd, self->name, self->parent_fd, self->partial);

    return FALSE;
}

/* The journal is closed before it is removed, because NFS and FUSE keep a removed file that is
 * still open under another name. */
static void
remove_journal(Target *self)
{
    fd_clear(&self->journal_fd);
    if (unlinkat(self->fd, JOURNAL_FILE, 0) < 0)
        g_warning("Cannot remove '%s/%s': %s", self->path, JOURNAL_FILE, g_strerror(errno));
}

/* The journal is removed last: an export killed before the rename can be resumed, and a journal
 * left in a complete export does no harm. */
gboolean
target_commit(Target *self, GError **error)
{
    if (!commit_partial(self, error))
        return FALSE;
    remove_journal(self);
    self->begun = self->keep = FALSE;
    self->made_directory = self->made_parent = FALSE;

    return TRUE;
}
