/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "archive/export-protect.h"
#include "hypervisor/host-security.h"
#include "import/import-files.h"
#include "import/import-in-place.h"
#include "util/fd.h"
#include "util/open-as.h"

/* --- others ------------------------------------------------------------------- */

/* Whether somebody other than root and this user can change the file, or what is in the directory.
 * In a sticky directory nobody can replace what is another's. */
static gboolean
is_open_to_others(const struct stat *st)
{
    gboolean sticky = S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0;

    return (st->st_uid != 0 && st->st_uid != geteuid()) ||
           ((st->st_mode & (S_IWGRP | S_IWOTH)) != 0 && !sticky);
}

static gboolean
check_one_steady(const char *path, GError **error)
{
    struct stat st;

    if (lstat(path, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at '%s'"), path);
        return FALSE;
    }
    if (!is_open_to_others(&st))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("Others can change '%s' (owner %u, mode %04o), and domains that use the export "
                  "in place would run on what they put there; let only root and yourself write to "
                  "it, or import without --in-place"),
                path, (guint)st.st_uid, (guint)st.st_mode & 07777);

    return FALSE;
}

/* Checks @path, and all directories above it that are not in @known yet. */
static gboolean
check_steady(const char *path, GHashTable *known, GError **error)
{
    g_autofree char *at = g_strdup(path);

    while (g_hash_table_add(known, g_strdup(at))) {
        char *above = g_path_get_dirname(at);

        if (!check_one_steady(at, error)) {
            g_free(above);
            return FALSE;
        }
        g_free(at);
        at = above;
    }

    return TRUE;
}

/* Whether the path leads to what was checked as part of the export. */
static gboolean
check_same(const char *path, int fd, GError **error)
{
    struct stat one, other;

    if (stat(path, &one) == 0 && fstat(fd, &other) == 0 && one.st_dev == other.st_dev &&
        one.st_ino == other.st_ino)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("'%s' was replaced meanwhile; try again"), path);

    return FALSE;
}

/* --- the user of the hypervisor -------------------------------------------------- */

static gboolean
check_readable(const char *path, const char *export, const HypervisorOwner *owner,
               GError **error)
{
    int failed = open_as(path, owner->uid, owner->gid);

    if (failed == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("QEMU runs as the user %u:%u here, who cannot read '%s' (%s): domains would not "
                  "start in place; let that user in with 'setfacl -R -m u:%u:rX %s', and 'setfacl "
                  "-m u:%u:x' for the directories above, or import without --in-place"),
                owner->uid, owner->gid, path, g_strerror(failed), owner->uid, export, owner->uid);

    return FALSE;
}

/* --- protection ------------------------------------------------------------------ */

/* An NFS server can refuse what is mounted writable here. */
static gboolean
is_read_only(const char *path)
{
    struct statvfs vfs;

    return (statvfs(path, &vfs) == 0 && (vfs.f_flag & ST_RDONLY) != 0) ||
           (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) < 0 && errno == EROFS);
}

static void
look_at_protection(ImportPlan *plan)
{
    auto_fd fd = fd_open_dir(AT_FDCWD, plan->export, NULL);

    plan->read_only = is_read_only(plan->export);
    if (!plan->read_only || (fd >= 0 && export_is_protected(fd)))
        return;
    import_plan_warn(plan,
                     _("The export '%s' cannot be protected, because its file system is read-only "
                       "here, and 'virtsnap export-prune' on another host could remove it while "
                       "domains use it; run 'virtsnap export-protect' for it where it can be "
                       "written to"),
                     plan->export);
}

/* --- public functions ------------------------------------------------------------ */

gboolean
import_in_place_check(Hypervisor *hypervisor, ImportPlan *plan, const ImportSource *source,
                      GError **error)
{
    const Manifest *manifest = import_source_manifest(source);
    g_autoptr(GHashTable) known =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    HypervisorOwner owner = {0};
    gboolean other;

    if (!import_files_owner(hypervisor, &owner, &other, error))
        return FALSE;
    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);
        g_autofree char *path = file->format ? import_plan_layer(plan, file) : NULL;

        if (path && (!check_steady(path, known, error) ||
                     !check_same(path, import_source_fd(source, file), error) ||
                     (other && !check_readable(path, plan->export, &owner, error))))
            return FALSE;
    }
    look_at_protection(plan);
    if (host_has_security_model(hypervisor, "selinux"))
        import_plan_warn(plan, _("libvirt does not label the images of the export for SELinux: "
                                 "'chcon -R -t virt_content_t %s' lets domains read them"),
                         plan->export);

    return TRUE;
}

gboolean
import_in_place_protect(const ImportPlan *plan, const ImportSource *source, ImportUndo *undo,
                        GError **error)
{
    const Manifest *manifest = import_source_manifest(source);
    g_autofree char *mark = NULL;

    for (guint i = 0; i < manifest->files->len; i++) {
        const ManifestFile *file = g_ptr_array_index(manifest->files, i);
        g_autofree char *path = file->format ? import_plan_layer(plan, file) : NULL;

        if (path && !check_same(path, import_source_fd(source, file), error))
            return FALSE;
    }

    if (plan->read_only)
        return TRUE;
    if (!export_protect(plan->export, &mark, error))
        return FALSE;
    if (mark)
        import_undo_protected(undo, plan->export, mark);

    return TRUE;
}
