/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "archive/target-foreign.h"
#include "archive/target.h"
#include "hypervisor/drivers.h"
#include "import/import-dates.h"
#include "import/import-files.h"
#include "import/import-volumes.h"
#include "util/fd.h"
#include "util/open-as.h"
#include "util/squash.h"
#include "util/strings.h"

/* Other users can reach files below, but not list the directory. */
#define DIRECTORY_MODE 0711
#define FILE_MODE 0600
/* An image that several disks share must not be written to. Only its permissions prevent QEMU from
 * doing that. */
#define SHARED_MODE 0440

/* --- what is there before ----------------------------------------------------- */

gboolean
import_files_clear(int dirfd, GError **error)
{
    static const char *const kept[] = {JOURNAL_FILE, IMPORT_VOLUMES_MARK, NULL};
    g_autoptr(GPtrArray) names = dir_list_at(dirfd, ".", error);

    for (guint i = 0; names && i < names->len; i++) {
        const char *name = g_ptr_array_index(names, i);

        if (!g_strv_contains(kept, name) && !tree_remove_at(dirfd, name, error))
            return FALSE;
    }

    return names != NULL;
}

/* --- directories ------------------------------------------------------------ */

/* The directory of volumes is there. */
static void
add_parents_of(GTree *set, const char *path)
{
    if (!g_path_is_absolute(path))
        parent_directories_add(set, path);
}

/* The set of all directories, sorted so that each comes after its parent. */
static GTree *
import_directories_of(const ImportPlan *plan)
{
    GTree *set = parent_directories_new();

    for (guint i = 0; i < plan->files->len; i++)
        add_parents_of(set, ((const ImportFile *)g_ptr_array_index(plan->files, i))->path);
    for (guint i = 0; i < plan->overlays->len; i++)
        add_parents_of(set, ((const ImportOverlay *)g_ptr_array_index(plan->overlays, i))->path);

    return set;
}

gboolean
import_files_directories(const ImportPlan *plan, int dirfd, GError **error)
{
    g_autoptr(GTree) directories = import_directories_of(plan);

    for (GTreeNode *node = g_tree_node_first(directories); node; node = g_tree_node_next(node)) {
        const char *name = g_tree_node_key(node);

        if (mkdirat(dirfd, name, 0700) == 0 || errno == EEXIST)
            continue;
        if (foreign_name_error(errno, name, error))
            virt_snap_error_set_errno(error, errno, _("Cannot create the directory '%s'"), name);
        return FALSE;
    }

    return TRUE;
}

/* --- images ----------------------------------------------------------------- */

/* A volume is there, and stays the same file. */
static gboolean
fill_overlay(const ImportPlan *plan, const ImportOverlay *overlay, GError **error)
{
    g_autofree char *name = g_path_get_basename(overlay->path);
    auto_fd dirfd = fd_open(AT_FDCWD, plan->pool, O_RDONLY | O_DIRECTORY, 0, error);

    return dirfd >= 0 &&
           drivers_get()->create_overlay(dirfd, name, overlay->backing, overlay->format,
                                         overlay->capacity, error);
}

static gboolean
make_overlay(const ImportPlan *plan, const ImportOverlay *overlay, int dirfd, GError **error)
{
    if (import_plan_is_volume(plan, overlay->path))
        return fill_overlay(plan, overlay, error);

    return tree_remove_at(dirfd, overlay->path, error) &&
           drivers_get()->create_overlay(dirfd, overlay->path, overlay->backing, overlay->format,
                                         overlay->capacity, error);
}

/* The id of the snapshot. QEMU matches a word with the ids of all snapshots before it looks at
 * names, so a name could be the id of another one. */
static char *
snapshot_id(const ImportFile *file, int fd, GError **error)
{
    g_autoptr(Qcow2Header) header = qcow2_header_read(fd, file->path, error);
    g_autoptr(GPtrArray) all =
        header ? qcow2_snapshots_read(fd, header, file->path, error) : NULL;
    const char *id = NULL;
    guint n = 0;

    for (guint i = 0; all && i < all->len; i++) {
        const Qcow2Snapshot *one = g_ptr_array_index(all, i);

        if (!g_str_equal(one->name, file->snapshot))
            continue;
        id = one->id;
        n++;
    }
    if (n == 1)
        return g_strdup(id);
    if (all)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s' has %u internal snapshots with the name '%s', where one is needed"),
                    file->path, n, file->snapshot);

    return NULL;
}

static gboolean
apply_snapshot(const ImportFile *file, int dirfd, GError **error)
{
    auto_fd fd = fd_open(dirfd, file->path, O_RDWR | O_NOFOLLOW, 0, error);
    g_autofree char *id = fd < 0 ? NULL : snapshot_id(file, fd, error);

    return id && drivers_get()->apply_snapshot(fd, id, file->path, error);
}

gboolean
import_files_images(const ImportPlan *plan, int dirfd, GError **error)
{
    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        if (file->snapshot && !apply_snapshot(file, dirfd, error))
            return FALSE;
    }
    for (guint i = 0; i < plan->overlays->len; i++) {
        if (!make_overlay(plan, g_ptr_array_index(plan->overlays, i), dirfd, error))
            return FALSE;
    }

    return TRUE;
}

/* --- owners and permissions -------------------------------------------------- */

/* What is done with each file and directory that was made. */
typedef gboolean (*EntryFunc)(int dirfd, const char *path, int flags, mode_t mode,
                              const HypervisorOwner *owner, GError **error);

/* CIFS takes another owner for a file and keeps the one that its mount has for all of them. That is
 * well if QEMU may use it even so: libvirt has no other way either. */
static gboolean
check_given(int fd, const char *path, mode_t mode, const HypervisorOwner *owner, GError **error)
{
    int flags = mode & S_IWUSR ? O_RDWR : O_RDONLY;
    struct stat st;

    if (fstat(fd, &st) == 0 &&
        (st.st_uid == owner->uid || reopen_as(fd, flags, owner->uid, owner->gid) == 0))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s' cannot be given to the user of QEMU (%u:%u), who may not use it: its file "
                  "system has one owner for all files; mount it with uid=%u, or import into "
                  "another directory"),
                path, owner->uid, owner->gid, owner->uid);

    return FALSE;
}

static gboolean
set_access(int dirfd, const char *path, int flags, mode_t mode, const HypervisorOwner *owner,
           GError **error)
{
    auto_fd fd = fd_open(dirfd, path, flags | O_RDONLY | O_NOFOLLOW, 0, error);

    if (fd < 0)
        return FALSE;
    if (owner && fchown(fd, owner->uid, owner->gid) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot give '%s' to the user of QEMU (%u:%u)"),
                                  path, owner->uid, owner->gid);
        squash_explain(dirfd, path, error ? *error : NULL);
        return FALSE;
    }
    if (fchmod(fd, mode) == 0 || foreign_mode_refused(errno))
        return !owner || check_given(fd, path, mode, owner, error);
    virt_snap_error_set_errno(error, errno, _("Cannot set the permissions of '%s'"), path);

    return FALSE;
}

static gboolean
sync_entry(int dirfd, const char *path, int flags, G_GNUC_UNUSED mode_t mode,
           G_GNUC_UNUSED const HypervisorOwner *owner, GError **error)
{
    auto_fd fd = fd_open(dirfd, path, flags | O_RDONLY | O_NOFOLLOW, 0, error);

    return fd >= 0 && fd_sync(fd, path, error);
}

static gboolean
for_each_file(const ImportPlan *plan, int dirfd, const HypervisorOwner *owner, EntryFunc func,
              GError **error)
{
    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        if (!func(dirfd, file->path, 0, file->shared ? SHARED_MODE : FILE_MODE,
                  file->state ? NULL : owner, error))
            return FALSE;
    }
    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);

        if (!func(dirfd, overlay->path, 0, FILE_MODE, owner, error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
for_each_directory(const ImportPlan *plan, int dirfd, EntryFunc func, GError **error)
{
    g_autoptr(GTree) directories = import_directories_of(plan);

    for (GTreeNode *node = g_tree_node_first(directories); node; node = g_tree_node_next(node)) {
        if (!func(dirfd, g_tree_node_key(node), O_DIRECTORY, DIRECTORY_MODE, NULL, error))
            return FALSE;
    }

    return func(dirfd, ".", O_DIRECTORY, DIRECTORY_MODE, NULL, error);
}

/* What it is to libvirt, and who may open it, stays. */
static gboolean
sync_pool(const ImportPlan *plan, GError **error)
{
    auto_fd fd = fd_open(AT_FDCWD, plan->pool, O_RDONLY | O_DIRECTORY, 0, error);

    return fd >= 0 && fd_sync(fd, plan->pool, error);
}

/* All is changed before any of it is made durable: a file system with a journal then writes that
 * once, and not for each file. Times come first, as a file server may let only the owner set
 * them. */
gboolean
import_files_close(const ImportPlan *plan, int dirfd, const HypervisorOwner *owner,
                   GError **error)
{
    return import_dates_set(plan, dirfd, error) &&
           for_each_file(plan, dirfd, owner, set_access, error) &&
           for_each_directory(plan, dirfd, set_access, error) &&
           for_each_file(plan, dirfd, owner, sync_entry, error) &&
           (!plan->pool || sync_pool(plan, error)) &&
           for_each_directory(plan, dirfd, sync_entry, error);
}

gboolean
import_files_owner(Hypervisor *hypervisor, HypervisorOwner *owner, gboolean *other, GError **error)
{
    *other = FALSE;
    if (geteuid() != 0)
        return TRUE;
    if (!hypervisor->ops->owner(hypervisor, owner, error))
        return FALSE;
    *other = owner->uid != 0;

    return TRUE;
}

/* Returns: (nullable): the uppermost directory above @path that @owner cannot enter, owned by the
 * caller. What is not there yet will be made so that everybody can. */
static char *
find_closed_directory(const char *path, const HypervisorOwner *owner)
{
    g_autofree char *at = g_path_get_dirname(path);
    g_autofree char *closed = NULL;

    for (;;) {
        char *above = g_path_get_dirname(at);
        gboolean top = g_str_equal(above, at);

        if (g_file_test(at, G_FILE_TEST_IS_DIR) && enter_as(at, owner->uid, owner->gid) != 0) {
            g_free(closed);
            closed = g_strdup(at);
        }
        g_free(at);
        at = above;
        if (top)
            return g_steal_pointer(&closed);
    }
}

gboolean
import_files_reachable(const char *directory, const HypervisorOwner *owner, GError **error)
{
    g_autofree char *closed = find_closed_directory(directory, owner);

    if (!closed)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("QEMU runs as the user %u:%u here, who cannot enter '%s': its domains would "
                  "not start from '%s'; import into another directory, such as "
                  "/var/lib/libvirt/images, or let that user in ('chmod o+x %s', or 'setfacl -m "
                  "u:%u:x %s')"),
                owner->uid, owner->gid, closed, directory, closed, owner->uid, closed);

    return FALSE;
}
