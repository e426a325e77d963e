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

#include "hypervisor/pool-ops.h"
#include "import/import-volumes.h"
#include "util/fd.h"
#include "util/xml.h"

#define RECORD "volumes"
#define RECORD_BYTES_MAX ((gsize)64 << 20)

typedef struct {
    char *path;     /* absolute */
    guint64 bytes;  /* size when it was made */
    guint64 device; /* with inode identifies the file; 0: not made yet, as far as is known */
    guint64 inode;
} Volume;

struct ImportVolumes {
    char *pool;
    GPtrArray *all; /* Volume */
};

static void
volume_free(gpointer data)
{
    Volume *volume = data;

    g_free(volume->path);
    g_free(volume);
}

void
import_volumes_free(ImportVolumes *self)
{
    if (!self)
        return;
    g_free(self->pool);
    g_ptr_array_unref(self->all);
    g_free(self);
}

static ImportVolumes *
volumes_new(const char *pool)
{
    ImportVolumes *self = g_new0(ImportVolumes, 1);

    self->pool = g_strdup(pool);
    self->all = g_ptr_array_new_with_free_func(volume_free);

    return self;
}

static void
add_volume(ImportVolumes *self, const char *path, guint64 bytes)
{
    Volume *volume = g_new0(Volume, 1);

    volume->path = g_strdup(path);
    volume->bytes = bytes;
    g_ptr_array_add(self->all, volume);
}

/* The volumes of @plan, of which none is made yet. New overlays are written by QEMU, which makes
 * the file as long as it has to be. */
static ImportVolumes *
volumes_of(const ImportPlan *plan)
{
    ImportVolumes *self = volumes_new(plan->settings->pool);

    for (guint i = 0; i < plan->files->len; i++) {
        const ImportFile *file = g_ptr_array_index(plan->files, i);

        if (import_plan_is_volume(plan, file->path))
            add_volume(self, file->path, file->from->bytes);
    }
    for (guint i = 0; i < plan->overlays->len; i++) {
        const ImportOverlay *overlay = g_ptr_array_index(plan->overlays, i);

        if (import_plan_is_volume(plan, overlay->path))
            add_volume(self, overlay->path, 0);
    }

    return self;
}

/* --- the record --------------------------------------------------------------- */

static char *
format_volumes(const ImportVolumes *self)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "volumes");

    xmlDocSetRootElement(doc, root);
    xml_set(root, "pool", self->pool);
    for (guint i = 0; i < self->all->len; i++) {
        const Volume *volume = g_ptr_array_index(self->all, i);
        xmlNode *node = xml_add(root, "volume", volume->path);

        xml_set_uint(node, "bytes", volume->bytes);
        xml_set_uint(node, "device", volume->device);
        xml_set_uint(node, "inode", volume->inode);
    }

    return xml_doc_to_string(doc);
}

static gboolean
write_volumes(const ImportVolumes *self, int dirfd, GError **error)
{
    g_autofree char *text = format_volumes(self);

    return file_replace_at(dirfd, RECORD, text, strlen(text), error);
}

static gboolean
get_volume_number(xmlNode *node, const char *name, guint64 *value)
{
    g_autofree char *text = xml_attr(node, name);

    return text && g_ascii_string_to_unsigned(text, 10, 0, G_MAXUINT64, value, NULL);
}

static gboolean
parse_volume(ImportVolumes *self, xmlNode *node)
{
    g_autofree char *path = xml_text(node, ".");
    Volume *volume;

    if (!path || !g_path_is_absolute(path))
        return FALSE;
    add_volume(self, path, 0);
    volume = g_ptr_array_index(self->all, self->all->len - 1);

    return get_volume_number(node, "bytes", &volume->bytes) &&
           get_volume_number(node, "device", &volume->device) &&
           get_volume_number(node, "inode", &volume->inode);
}

static ImportVolumes *
parse_volumes(GBytes *bytes, GError **error)
{
    g_autoptr(xmlDoc) doc =
        xml_parse(g_bytes_get_data(bytes, NULL), g_bytes_get_size(bytes), RECORD, error);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *pool = root ? xml_attr(root, "pool") : NULL;
    g_autoptr(ImportVolumes) self = volumes_new(pool);

    if (!root)
        return NULL;
    for (xmlNode *node = NULL; (node = xml_child(root, "volume", node));) {
        if (parse_volume(self, node))
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("'%s', the record of the volumes of an interrupted import, is damaged; "
                      "remove its volumes and then its directory"),
                    RECORD);
        return NULL;
    }

    return g_steal_pointer(&self);
}

/* A record that others could have written would have their files removed. */
static gboolean
check_record_owner(int dirfd, gboolean *there, GError **error)
{
    struct stat st;

    *there = fstatat(dirfd, RECORD, &st, AT_SYMLINK_NOFOLLOW) == 0;
    if (!*there && errno == ENOENT)
        return TRUE;
    if (*there && S_ISREG(st.st_mode) && st.st_uid == geteuid() &&
        (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED,
                _("'%s', the record of the volumes of an interrupted import, may have been written "
                  "by others; remove its directory"),
                RECORD);

    return FALSE;
}

gboolean
import_volumes_read(int dirfd, ImportVolumes **volumes, GError **error)
{
    g_autoptr(GBytes) bytes = NULL;
    gboolean there;

    *volumes = NULL;
    if (!check_record_owner(dirfd, &there, error))
        return FALSE;
    if (!there)
        return TRUE;
    bytes = file_read_at(dirfd, RECORD, RECORD_BYTES_MAX, error);
    *volumes = bytes ? parse_volumes(bytes, error) : NULL;

    return *volumes != NULL;
}

/* --- the files ------------------------------------------------------------------- */

/* Whether @st is the file that was made. One of which it was not recorded any more that it was made
 * has nothing in it. */
static gboolean
is_volume_ours(const Volume *volume, const struct stat *st)
{
    if (!S_ISREG(st->st_mode) || st->st_nlink != 1)
        return FALSE;
    if (volume->inode == 0)
        return st->st_blocks == 0 && (guint64)st->st_size <= volume->bytes;

    return st->st_dev == volume->device && st->st_ino == volume->inode;
}

gboolean
import_volumes_has(const ImportVolumes *self, const char *path)
{
    for (guint i = 0; i < self->all->len; i++) {
        const Volume *volume = g_ptr_array_index(self->all, i);
        struct stat st;

        if (g_str_equal(volume->path, path))
            return lstat(path, &st) == 0 && is_volume_ours(volume, &st);
    }

    return FALSE;
}

static gboolean
is_later(const struct timespec *one, const struct timespec *other)
{
    return one->tv_sec > other->tv_sec ||
           (one->tv_sec == other->tv_sec && one->tv_nsec > other->tv_nsec);
}

gboolean
import_volumes_written_since(const ImportVolumes *self, const struct timespec *since)
{
    for (guint i = 0; i < self->all->len; i++) {
        const Volume *volume = g_ptr_array_index(self->all, i);
        struct stat st;

        if (lstat(volume->path, &st) == 0 && is_volume_ours(volume, &st) &&
            is_later(&st.st_mtim, since))
            return TRUE;
    }

    return FALSE;
}

/* --- removing --------------------------------------------------------------------- */

static gboolean
remove_volume(const Volume *volume, GError **error)
{
    struct stat st;

    if ((lstat(volume->path, &st) == 0 && !is_volume_ours(volume, &st)) ||
        unlink(volume->path) == 0 || errno == ENOENT)
        return TRUE;
    virt_snap_error_set_errno(error, errno, _("Cannot remove the volume '%s'"), volume->path);

    return FALSE;
}

/* libvirt forgets them when it looks at the pool; that it cannot do so now changes nothing. */
static void
refresh(const ImportVolumes *self, Hypervisor *hypervisor)
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
    g_autoptr(ImportVolumes) self = NULL;

    if (!import_volumes_read(dirfd, &self, error))
        return FALSE;
    if (!self)
        return TRUE;
    for (guint i = 0; i < self->all->len; i++) {
        if (!remove_volume(g_ptr_array_index(self->all, i), error))
            return FALSE;
    }
    refresh(self, hypervisor);
    if (unlinkat(dirfd, RECORD, 0) == 0)
        return fd_sync(dirfd, RECORD, error);
    virt_snap_error_set_errno(error, errno, _("Cannot remove '%s'"), RECORD);

    return FALSE;
}

void
import_volumes_done(int dirfd)
{
    unlinkat(dirfd, RECORD, 0);
}

static int
open_left(const char *directory)
{
    g_autofree char *parent = g_path_get_dirname(directory);
    g_autofree char *name = g_path_get_basename(directory);
    g_autofree char *path = g_strdup_printf("%s/.%s.partial", parent, name);

    return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

gboolean
import_volumes_recover(const char *directory, Hypervisor *hypervisor, GError **error)
{
    auto_fd fd = open_left(directory);
    struct stat st;

    if (fd < 0 || fstatat(fd, RECORD, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return TRUE;
    /* As a target locks it. */
    if (flock(fd, LOCK_EX | LOCK_NB) == 0)
        return import_volumes_remove(fd, hypervisor, error);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Another import into '%s' is under way; wait for it or end it"), directory);

    return FALSE;
}

/* --- making ------------------------------------------------------------------------- */

static void
note_taken(GString *taken, const ImportVolumes *left, const char *path, const char *pool)
{
    g_autofree char *name = g_path_get_basename(path);
    struct stat st;

    if (lstat(path, &st) == 0 && (!left || !import_volumes_has(left, path)))
        g_string_append_printf(taken,
                               _("\n  the storage pool '%s' has a volume '%s'; --rename or "
                                 "--suffix gives it another name"),
                               pool, name);
}

gboolean
import_volumes_check_free(const ImportPlan *plan, GError **error)
{
    g_autoptr(ImportVolumes) wanted = volumes_of(plan);
    g_autoptr(ImportVolumes) left = NULL;
    g_autoptr(GString) taken = g_string_new(NULL);
    auto_fd fd = open_left(plan->directory);

    if (fd >= 0 && !import_volumes_read(fd, &left, error))
        return FALSE;
    for (guint i = 0; i < wanted->all->len; i++)
        note_taken(taken, left, ((const Volume *)g_ptr_array_index(wanted->all, i))->path,
                   wanted->pool);
    if (taken->len == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                _("What is to be imported is there already, and nothing is ever overwritten:%s"),
                taken->str);

    return FALSE;
}

/* Whether the file is there, as long as it was made. That of an overlay QEMU has made longer. */
static gboolean
is_as_long(const Volume *volume)
{
    struct stat st;

    return lstat(volume->path, &st) == 0 && is_volume_ours(volume, &st) &&
           (volume->bytes == 0 || (guint64)st.st_size == volume->bytes);
}

/* Whether all that @plan needs is there. */
static gboolean
is_complete(const ImportVolumes *self, const ImportVolumes *wanted)
{
    if (g_strcmp0(self->pool, wanted->pool) != 0 || self->all->len != wanted->all->len)
        return FALSE;
    for (guint i = 0; i < self->all->len; i++) {
        const Volume *there = g_ptr_array_index(self->all, i);
        const Volume *one = g_ptr_array_index(wanted->all, i);

        if (there->inode == 0 || there->bytes != one->bytes ||
            !g_str_equal(there->path, one->path) || !is_as_long(there))
            return FALSE;
    }

    return TRUE;
}

gboolean
import_volumes_keep(const ImportPlan *plan, int dirfd, gboolean resume, gboolean *kept,
                    GError **error)
{
    g_autoptr(ImportVolumes) wanted = volumes_of(plan);
    g_autoptr(ImportVolumes) there = NULL;

    *kept = FALSE;
    if (!import_volumes_read(dirfd, &there, error))
        return FALSE;
    *kept = there ? resume && is_complete(there, wanted) : wanted->all->len == 0;

    return *kept || !there || import_volumes_remove(dirfd, NULL, error);
}

static gboolean
make_volume(Hypervisor *hypervisor, const char *pool, Volume *volume, GError **error)
{
    g_autofree char *name = g_path_get_basename(volume->path);
    struct stat st;

    if (!hypervisor->ops->pools->create(hypervisor, pool, name, volume->bytes, error))
        return FALSE;
    if (lstat(volume->path, &st) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot look at the volume '%s'"), volume->path);
        return FALSE;
    }
    volume->device = st.st_dev;
    volume->inode = st.st_ino;

    return TRUE;
}

/* Records that number @failed and those after it were not made, so that another's volumes of these
 * names are not taken for ours. Only of a libvirt that died it is not known whether it made one. */
static void
record_failed(ImportVolumes *self, guint failed, int dirfd, const GError *why)
{
    gboolean exists = g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS);
    g_autoptr(GError) error = NULL;

    g_ptr_array_set_size(self->all, (gint)(exists ? failed : failed + 1));
    if (!write_volumes(self, dirfd, &error))
        g_debug("%s", error->message);
}

/* Which file is which is recorded before anything is written to any of them. */
gboolean
import_volumes_make(Hypervisor *hypervisor, const ImportPlan *plan, int dirfd, GError **error)
{
    g_autoptr(ImportVolumes) self = volumes_of(plan);
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
    g_autoptr(ImportVolumes) wanted = volumes_of(plan);
    g_autoptr(ImportVolumes) there = NULL;

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
