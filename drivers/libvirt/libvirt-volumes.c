/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-pools.h"
#include "drivers/libvirt/libvirt-volumes.h"
#include "util/xml.h"

/* The types of pools whose volumes are files or block devices of the host while the pool is
 * active. */
static const char *const local_pools[] = {"dir", "fs", "netfs", "logical", "disk", NULL};

/* --- pools ------------------------------------------------------------------------ */

static gboolean
check_pool_type(const VolumeDef *self, LibvirtPool *pool, GError **error)
{
    g_autofree char *type = libvirt_pool_type(pool);

    if (!type) {
        libvirt_error_set(error, _("Cannot read the storage pool '%s' of the volume '%s'"),
                          self->pool, self->volume);
        return FALSE;
    }
    if (g_strv_contains(local_pools, type))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                _("volumes of storage pools of the type '%s' ('%s' of '%s') are not supported yet; "
                  "leave it out with --exclude"),
                type, self->volume, self->pool);

    return FALSE;
}

static gboolean
check_pool_active(const VolumeDef *self, LibvirtPool *pool, GError **error)
{
    int active = virStoragePoolIsActive(pool);

    if (active > 0)
        return TRUE;
    if (active < 0)
        libvirt_error_set(error, _("Cannot read the storage pool '%s' of the volume '%s'"),
                          self->pool, self->volume);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("the storage pool '%s' of the volume '%s' is not active; start it with: "
                      "virsh pool-start '%s'"),
                    self->pool, self->volume, self->pool);

    return FALSE;
}

/* The embedded driver has no pools, nor can any be defined there. */
static void
explain_no_pool(const VolumeDef *self, GError **error)
{
    if (virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("this connection to libvirt has no storage pools, so the volume '%s' of '%s' "
                      "cannot be found; connect to a daemon, as with -c qemu:///system, or leave "
                      "the disk out with --exclude"),
                    self->volume, self->pool);
    else
        libvirt_error_set(error,
                          _("Cannot find the storage pool '%s' of the volume '%s'; define it with "
                            "virsh pool-define, or leave the disk out with --exclude"),
                          self->pool, self->volume);
}

static LibvirtPool *
open_pool(virConnectPtr connection, const VolumeDef *self, GError **error)
{
    g_autoptr(LibvirtPool) pool = virStoragePoolLookupByName(connection, self->pool);

    if (!pool) {
        explain_no_pool(self, error);
        return NULL;
    }
    if (!check_pool_type(self, pool, error) || !check_pool_active(self, pool, error))
        return NULL;

    return g_steal_pointer(&pool);
}

/* --- volumes ---------------------------------------------------------------------- */

/* The disk type for a volume type, or NULL. */
static const char *
get_disk_type(int volume_type)
{
    if (volume_type == VIR_STORAGE_VOL_FILE)
        return "file";

    return volume_type == VIR_STORAGE_VOL_BLOCK ? "block" : NULL;
}

static gboolean
describe_volume(VolumeDef *self, LibvirtVolume *volume, GError **error)
{
    virStorageVolInfo info;
    char *path;

    if (virStorageVolGetInfo(volume, &info) < 0 || !(path = virStorageVolGetPath(volume))) {
        libvirt_error_set(error, _("Cannot read the volume '%s' of the storage pool '%s'"),
                          self->volume, self->pool);
        return FALSE;
    }
    self->type = g_strdup(get_disk_type(info.type));
    if (self->type)
        self->path = g_strdup(path);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("the volume '%s' of the storage pool '%s' ('%s') is neither a file nor a "
                      "block device; leave it out with --exclude"),
                    self->volume, self->pool, path);
    free(path);

    return self->type != NULL;
}

static gboolean
look_up_volume(virConnectPtr connection, VolumeDef *self, GError **error)
{
    g_autoptr(LibvirtPool) pool = open_pool(connection, self, error);
    g_autoptr(LibvirtVolume) volume = NULL;

    if (!pool)
        return FALSE;
    volume = virStorageVolLookupByName(pool, self->volume);
    if (volume)
        return describe_volume(self, volume, error);
    libvirt_error_set(error,
                      _("The storage pool '%s' has no volume '%s'; if it is there, have libvirt "
                        "look again with: virsh pool-refresh '%s'"),
                      self->pool, self->volume, self->pool);

    return FALSE;
}

/* --- finding volumes in documents ------------------------------------------------- */

static gboolean
is_volume_known(GPtrArray *volumes, const char *pool, const char *volume)
{
    for (guint i = 0; i < volumes->len; i++) {
        const VolumeDef *one = g_ptr_array_index(volumes, i);

        if (g_str_equal(one->pool, pool) && g_str_equal(one->volume, volume))
            return TRUE;
    }

    return FALSE;
}

static void
find_volumes_in(virConnectPtr connection, const char *xml, GPtrArray *volumes)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "domain", NULL);
    g_autoptr(GPtrArray) sources =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "//source[@pool and @volume]") : NULL;

    for (guint i = 0; sources && i < sources->len; i++) {
        g_autofree char *pool = xml_attr(g_ptr_array_index(sources, i), "pool");
        g_autofree char *volume = xml_attr(g_ptr_array_index(sources, i), "volume");
        VolumeDef *self;

        if (is_volume_known(volumes, pool, volume))
            continue;
        self = g_new0(VolumeDef, 1);
        self->pool = g_steal_pointer(&pool);
        self->volume = g_steal_pointer(&volume);
        if (!look_up_volume(connection, self, &self->problem))
            g_clear_pointer(&self->path, g_free);
        g_ptr_array_add(volumes, self);
    }
}

static void
find_volumes_in_all(virConnectPtr connection, GPtrArray *snapshots, GPtrArray *volumes)
{
    for (guint i = 0; i < snapshots->len; i++)
        find_volumes_in(connection, ((const SnapshotRecord *)g_ptr_array_index(snapshots, i))->xml,
                        volumes);
}

void
libvirt_volumes_find(virConnectPtr connection, DomainRecord *record)
{
    record->volumes = g_ptr_array_new_with_free_func((GDestroyNotify)volume_def_free);
    find_volumes_in(connection, record->xml, record->volumes);
    find_volumes_in_all(connection, record->snapshots, record->volumes);
    find_volumes_in_all(connection, record->others, record->volumes);
}
