/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "hypervisor/pool-ops.h"
#include "import/import-volumes.h"
#include "import/own-record.h"
#include "util/fd.h"

#define MARK IMPORT_VOLUMES_MARK

/* New overlays are written by QEMU, which makes the file as long as it has to be. */
VolumeRecord *
import_volumes_of(const ImportPlan *plan)
{
    VolumeRecord *self = volume_record_new(plan->settings->pool);

    self->directory = g_strdup(plan->directory);
    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        if (import_plan_is_volume(plan, file->path))
            volume_record_add(self, file->path, file->from->bytes);
    }
    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);

        if (import_plan_is_volume(plan, overlay->path))
            volume_record_add(self, overlay->path, 0);
    }

    return self;
}

/* --- the record --------------------------------------------------------------- */

/* The mark comes after the record: without one it would be taken for a stranger's. */
static gboolean
mark_volumes(const char *id, int dirfd, GError **error)
{
    g_autofree char *mark = own_record_mark(id);

    if (file_replace_at(dirfd, MARK, mark, strlen(mark), error))
        return TRUE;
    own_record_drop(id);

    return FALSE;
}

static gboolean
write_volumes(VolumeRecord *self, int dirfd, GError **error)
{
    g_autofree char *text = volume_record_format(self);

    if (self->id)
        return own_record_write(self->id, text, error);
    self->id = own_record_new();

    return own_record_write(self->id, text, error) && mark_volumes(self->id, dirfd, error);
}

gboolean
import_volumes_read(int dirfd, VolumeRecord **volumes, GError **error)
{
    g_autofree char *id = NULL;
    g_autoptr(GError) why = NULL;
    g_autoptr(GBytes) bytes = own_record_find(dirfd, MARK, IMPORT_VOLUMES_BYTES_MAX, &id, &why);

    *volumes = NULL;
    if (g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    if (!bytes) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    *volumes =
        volume_record_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), error);
    if (*volumes)
        (*volumes)->id = g_steal_pointer(&id);

    return *volumes != NULL;
}

/* --- the files ------------------------------------------------------------------- */

/* Whether @st is the file that was made. One of which it was not recorded any more that it was made
 * has nothing in it. */
static gboolean
is_volume_ours(const VolumeRecord *self, const RecordedVolume *volume, const struct stat *st)
{
    OriginId now;

    if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
        return FALSE;
    if (volume->id.inode == 0)
        return st->st_blocks == 0 && (guint64)st->st_size <= volume->bytes;

    return origin_id_of(AT_FDCWD, volume->path, &now) &&
           origin_id_same(&volume->id, self->boot, &now);
}

gboolean
import_volumes_look(const VolumeRecord *self, const RecordedVolume *volume, VolumeState *state,
                    struct stat *st, GError **error)
{
    *state = VOLUME_GONE;
    if (lstat(volume->path, st) < 0) {
        if (errno == ENOENT)
            return TRUE;
        virt_snap_error_set_errno(error, errno, _("Cannot look at the volume '%s'"),
                                  volume->path);
        return FALSE;
    }
    *state = is_volume_ours(self, volume, st) ? VOLUME_OURS : VOLUME_OTHER;

    return TRUE;
}

gboolean
import_volumes_has(const VolumeRecord *self, const char *path)
{
    for (guint i = 0; i < self->all->len; i++) {
        const RecordedVolume *volume = g_ptr_array_index(self->all, i);
        struct stat st;

        if (g_str_equal(volume->path, path))
            return lstat(path, &st) == 0 && is_volume_ours(self, volume, &st);
    }

    return FALSE;
}

/* --- removing --------------------------------------------------------------------- */

/* What has the name of one that was not made yet is of somebody else, and stays. */
static gboolean
check_volume_known(const VolumeRecord *self, const RecordedVolume *volume, GError **error)
{
    VolumeState state;
    struct stat st;

    if (!import_volumes_look(self, volume, &state, &st, error))
        return FALSE;
    if (state != VOLUME_OTHER || volume->id.inode == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Whether '%s' is the volume that an import has made there cannot be found out; "
                  "remove it if it is, or move it away, and try again"),
                volume->path);

    return FALSE;
}

gboolean
import_volumes_known(const VolumeRecord *self, GError **error)
{
    for (guint i = 0; i < self->all->len; i++) {
        if (!check_volume_known(self, g_ptr_array_index(self->all, i), error))
            return FALSE;
    }

    return TRUE;
}

static gboolean
remove_volume(const VolumeRecord *self, const RecordedVolume *volume, GError **error)
{
    VolumeState state;
    struct stat st;

    if (!import_volumes_look(self, volume, &state, &st, error))
        return FALSE;
    if (state != VOLUME_OURS || unlink(volume->path) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove the volume '%s'"), volume->path);

    return FALSE;
}

/* libvirt forgets them when it looks at the pool; that it cannot do so now changes nothing. */
static void
refresh_volume_pool(const VolumeRecord *self, Hypervisor *hypervisor)
{
    g_autoptr(GError) error = NULL;
    g_autofree char *path =
        hypervisor && hypervisor->ops->pools
            ? hypervisor->ops->pools->directory(hypervisor, self->pool, &error)
            : NULL;

    if (!path && error)
        g_debug("%s", error->message);
}

gboolean
import_volumes_remove(int dirfd, Hypervisor *hypervisor, GError **error)
{
    g_autoptr(VolumeRecord) self = NULL;

    if (!import_volumes_read(dirfd, &self, error))
        return FALSE;
    if (!self)
        return TRUE;
    if (!import_volumes_known(self, error))
        return FALSE;
    for (guint i = 0; i < self->all->len; i++) {
        if (!remove_volume(self, g_ptr_array_index(self->all, i), error))
            return FALSE;
    }
    refresh_volume_pool(self, hypervisor);
    if (unlinkat(dirfd, MARK, 0) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), MARK);
        return FALSE;
    }
    if (!fd_sync(dirfd, MARK, error))
        return FALSE;
    own_record_drop(self->id);

    return TRUE;
}

void
import_volumes_done(int dirfd)
{
    g_autoptr(VolumeRecord) self = NULL;
    g_autoptr(GError) error = NULL;

    if (!import_volumes_read(dirfd, &self, &error))
        g_debug("%s", error->message);
    unlinkat(dirfd, MARK, 0);
    if (self)
        own_record_drop(self->id);
}

int
import_volumes_open_left(const char *directory)
{
    g_autofree char *parent = g_path_get_dirname(directory);
    g_autofree char *name = g_path_get_basename(directory);
    g_autofree char *path = g_strdup_printf("%s/.%s.partial", parent, name);

    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

gboolean
import_volumes_recover(const char *directory, Hypervisor *hypervisor, GError **error)
{
    auto_fd fd = import_volumes_open_left(directory);
    struct stat st;

    if (fd < 0 || fstatat(fd, MARK, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return TRUE;
    /* As a target locks it. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0) {
        if (import_volumes_remove(fd, hypervisor, error))
            return TRUE;
        g_prefix_error(error, _("What an interrupted import into '%s' left: "), directory);
        return FALSE;
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another import into '%s' is under way; wait for it or end it"), directory);

    return FALSE;
}

/* --- making ------------------------------------------------------------------------- */

/* Whether the file is there, as long as it was made. That of an overlay QEMU has made longer. */
static gboolean
is_as_long(const VolumeRecord *self, const RecordedVolume *volume)
{
    struct stat st;

    return lstat(volume->path, &st) == 0 && is_volume_ours(self, volume, &st) &&
           (volume->bytes == 0 || (guint64)st.st_size == volume->bytes);
}

/* Whether all that @plan needs is there. */
static gboolean
is_complete(const VolumeRecord *self, const VolumeRecord *wanted)
{
    if (g_strcmp0(self->pool, wanted->pool) != 0 || self->all->len != wanted->all->len)
        return FALSE;
    for (guint i = 0; i < self->all->len; i++) {
        const RecordedVolume *there = g_ptr_array_index(self->all, i);
        const RecordedVolume *one = g_ptr_array_index(wanted->all, i);

        if (there->id.inode == 0 || there->bytes != one->bytes ||
            !g_str_equal(there->path, one->path) || !is_as_long(self, there))
            return FALSE;
    }

    return TRUE;
}

gboolean
import_volumes_keep(const ImportPlan *plan, int dirfd, gboolean resume, gboolean *kept,
                    GError **error)
{
    g_autoptr(VolumeRecord) wanted = import_volumes_of(plan);
    g_autoptr(VolumeRecord) there = NULL;

    *kept = FALSE;
    if (!import_volumes_read(dirfd, &there, error))
        return FALSE;
    *kept = there ? resume && is_complete(there, wanted) : wanted->all->len == 0;

    return *kept || !there || import_volumes_remove(dirfd, NULL, error);
}

static gboolean
make_volume(Hypervisor *hypervisor, const char *pool, RecordedVolume *volume, GError **error)
{
    g_autofree char *name = g_path_get_basename(volume->path);

    if (!hypervisor->ops->pools->create(hypervisor, pool, name, volume->bytes, error))
        return FALSE;
    if (origin_id_of(AT_FDCWD, volume->path, &volume->id))
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot look at the volume '%s'"), volume->path);

    return FALSE;
}

/* Records that number @failed and those after it were not made, so that another's volumes of these
 * names are not taken for ours. Only of a libvirt that died it is not known whether it made one. */
static void
record_failed(VolumeRecord *self, guint failed, int dirfd, const GError *why)
{
    gboolean exists = g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_autoptr(GError) error = NULL;

    g_ptr_array_set_size(self->all, (gint)(exists ? failed : failed + 1));
    if (!write_volumes(self, dirfd, &error))
        g_debug("%s", error->message);
}

/* The record says which file each volume is, and exists before anything is written to them. */
gboolean
import_volumes_make(Hypervisor *hypervisor, const ImportPlan *plan, int dirfd, GError **error)
{
    g_autoptr(VolumeRecord) self = import_volumes_of(plan);
    GError *why = NULL;

    if (self->all->len == 0)
        return TRUE;
    if (!write_volumes(self, dirfd, error))
        return FALSE;
    for (guint i = 0; i < self->all->len; i++) {
        if (make_volume(hypervisor, self->pool, g_ptr_array_index(self->all, i), &why))
            continue;
        record_failed(self, i, dirfd, why);
        g_propagate_error(error, why);
        return FALSE;
    }

    return write_volumes(self, dirfd, error);
}

gboolean
import_volumes_check(const ImportPlan *plan, int dirfd, GError **error)
{
    g_autoptr(VolumeRecord) wanted = import_volumes_of(plan);
    g_autoptr(VolumeRecord) there = NULL;

    if (!import_volumes_read(dirfd, &there, error))
        return FALSE;
    if (wanted->all->len == 0 || (there && is_complete(there, wanted)))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Somebody has removed or replaced volumes in the storage pool '%s' while they "
                  "were imported; import again"),
                wanted->pool);

    return FALSE;
}
