/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-pools.h"
#include "drivers/libvirt/libvirt-private.h"
#include "util/xml.h"

/* The types of pools whose volumes are files in one directory. */
static const char *const file_pools[] = {"dir", "fs", "netfs", NULL};

static xmlDoc *
read_pool(LibvirtPool *pool)
{
    char *xml = virStoragePoolGetXMLDesc(pool, 0);
    xmlDoc *doc = xml ? xml_parse(xml, strlen(xml), "storage pool", NULL) : NULL;

    free(xml);

    return doc;
}

char *
libvirt_pool_type(LibvirtPool *pool)
{
    g_autoptr(xmlDoc) doc = read_pool(pool);

    return doc ? xml_attr(xmlDocGetRootElement(doc), "type") : NULL;
}

/* --- looking ----------------------------------------------------------------------- */

static LibvirtPool *
find_pool(Hypervisor *hypervisor, const char *name, GError **error)
{
    LibvirtPool *pool = virStoragePoolLookupByName(libvirt_connection(hypervisor), name);

    if (pool)
        return pool;
    if (virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("This connection to libvirt has no storage pools, so nothing can be imported "
                      "into '%s'; connect to a daemon, as with -c qemu:///system, or import into a "
                      "directory with --to"),
                    name);
    else
        libvirt_error_set(error,
                          _("Cannot find the storage pool '%s'; 'virsh pool-list --all' shows "
                            "which there are"),
                          name);

    return NULL;
}

static gboolean
check_active(LibvirtPool *pool, const char *name, GError **error)
{
    int active = virStoragePoolIsActive(pool);

    if (active > 0)
        return TRUE;
    if (active < 0)
        libvirt_error_set(error, _("Cannot read the storage pool '%s'"), name);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The storage pool '%s' is not active; start it with: virsh pool-start '%s'"),
                    name, name);

    return FALSE;
}

static GPtrArray *
list_pools(Hypervisor *hypervisor, GError **error)
{
    const unsigned int flags = VIR_CONNECT_LIST_STORAGE_POOLS_ACTIVE |
                               VIR_CONNECT_LIST_STORAGE_POOLS_DIR |
                               VIR_CONNECT_LIST_STORAGE_POOLS_FS |
                               VIR_CONNECT_LIST_STORAGE_POOLS_NETFS;
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    virStoragePoolPtr *pools = NULL;
    int n = virConnectListAllStoragePools(libvirt_connection(hypervisor), &pools, flags);

    if (n < 0) {
        libvirt_error_set(error, _("Cannot list the storage pools"));
        return NULL;
    }
    for (int i = 0; i < n; i++) {
        g_ptr_array_add(names, g_strdup(virStoragePoolGetName(pools[i])));
        virStoragePoolFree(pools[i]);
    }
    free(pools);

    return g_steal_pointer(&names);
}

/* The directory of the volumes, if they are files in one. */
static char *
get_directory(LibvirtPool *pool, const char *name, GError **error)
{
    g_autoptr(xmlDoc) doc = read_pool(pool);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *type = root ? xml_attr(root, "type") : NULL;
    g_autofree char *path = root ? xml_text(root, "./target/path") : NULL;

    if (type && g_strv_contains(file_pools, type) && path && g_path_is_absolute(path))
        return g_steal_pointer(&path);
    if (type)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("The storage pool '%s' is of the type '%s', and images can be imported into "
                      "pools of the types dir, fs and netfs only; name another one, or import into "
                      "a directory with --to"),
                    name, type);
    else
        libvirt_error_set(error, _("Cannot read the storage pool '%s'"), name);

    return NULL;
}

static char *
pool_directory(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtPool) pool = find_pool(hypervisor, name, error);
    g_autofree char *path = NULL;

    if (!pool || !check_active(pool, name, error))
        return NULL;
    path = get_directory(pool, name, error);
    if (!path || !hypervisor->ops->sees(hypervisor, path, error))
        return NULL;
    if (virStoragePoolRefresh(pool, 0) == 0)
        return g_steal_pointer(&path);
    libvirt_error_set(error, _("libvirt cannot look at the storage pool '%s' ('%s')"), name, path);

    return NULL;
}

/* --- making ------------------------------------------------------------------------- */

/* Without <allocation> libvirt would allocate all of it. */
static char *
format_volume(const char *name, guint64 bytes)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewNode(NULL, BAD_CAST "volume");
    g_autofree char *capacity = g_strdup_printf("%" PRIu64, bytes);

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", name);
    xml_add(root, "capacity", capacity);
    xml_add(root, "allocation", "0");
    xml_set(xml_add(xml_add(root, "target", NULL), "format", NULL), "type", "raw");

    return xml_doc_to_string(doc);
}

static gboolean
create_volume(Hypervisor *hypervisor, const char *name, const char *volume, guint64 bytes,
              GError **error)
{
    g_autoptr(LibvirtPool) pool = find_pool(hypervisor, name, error);
    g_autofree char *xml = format_volume(volume, bytes);
    g_autoptr(LibvirtVolume) made = pool ? virStorageVolCreateXML(pool, xml, 0) : NULL;

    if (pool && !made)
        libvirt_error_set(error, _("Cannot create the volume '%s' in the storage pool '%s'"),
                          volume, name);

    return made != NULL;
}

const HypervisorPoolOps libvirt_pool_ops = {
    .list = list_pools,
    .directory = pool_directory,
    .create = create_volume,
};
