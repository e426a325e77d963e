/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "snapshot/apply-others.h"
#include "util/xml.h"

/* Returns: (nullable): the disk @target of the domain as it is now. */
static StorageDef *
find_disk_now(const DomainSurvey *domain, const char *target)
{
    g_autoptr(xmlDoc) doc = xml_parse(domain->xml, strlen(domain->xml), "domain", NULL);
    g_autoptr(GPtrArray) disks =
        doc ? xml_nodes(xmlDocGetRootElement(doc), "./devices/disk") : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        xmlNode *node = g_ptr_array_index(disks, i);
        g_autofree char *dev = xml_text(node, "./target/@dev");
        StorageDef *storage;

        if (g_strcmp0(dev, target) != 0)
            continue;
        storage = storage_def_parse(node);
        if (domain->volumes)
            storage_def_find_volumes(storage, domain->volumes);
        return storage;
    }

    return NULL;
}

static const Layer *
resolve_storage(const ImageUsers *users, const StorageDef *storage)
{
    return storage->path ? image_users_resolve(users, storage->path, storage->format, NULL) : NULL;
}

static gboolean
is_same_image(const ImageUsers *users, const StorageDef *then, const StorageDef *now)
{
    const Layer *was = resolve_storage(users, then);
    const Layer *is = resolve_storage(users, now);

    if (was && is)
        return layer_is_same(was, is);

    return g_strcmp0(then->path, now->path) == 0 &&
           g_strcmp0(then->protocol, now->protocol) == 0 &&
           g_strcmp0(then->name, now->name) == 0 && g_strcmp0(then->pool, now->pool) == 0 &&
           g_strcmp0(then->volume, now->volume) == 0;
}

static const ImageUser *
find_above(const ImageUsers *users, const Layer *layer)
{
    for (guint i = 0; i < users->users->len; i++) {
        const ImageUser *user = g_ptr_array_index(users->users, i);

        if (layer_above(user->top, layer))
            return user;
    }

    return NULL;
}

/* The disk was detached since. Its image may have become that of another domain, which QEMU's lock
 * on it tells, or be below another image, which nothing else would. */
static gboolean
check_detached(const ImageUsers *users, const StorageDef *then, GError **error)
{
    const Layer *was = resolve_storage(users, then);
    const ImageUser *user = was ? find_above(users, was) : NULL;
    g_autofree char *who = user ? image_user_describe(user) : NULL;

    if (!user)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("it is not part of the snapshot, and its image '%s', which the domain would "
                  "write to again, is below one that %s needs; remove that, or have that image "
                  "hold all data itself (virsh blockpull, qemu-img rebase)"),
                was->path, who);

    return FALSE;
}

static gboolean
check_other_disk(const ImageUsers *users, const DomainSurvey *domain, const DiskDef *def,
                 GError **error)
{
    const StorageDef *then = def->storage;
    g_autoptr(StorageDef) now = find_disk_now(domain, def->target);

    if (!now)
        return check_detached(users, then, error);
    if (is_same_image(users, then, now))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("it is not part of the snapshot, and the domain would write to '%s' again, and "
                  "not to '%s' as now; remove the snapshot that was taken since (snapshot-delete, "
                  "virsh snapshot-delete), or have it write to that image first (virsh blockcopy "
                  "--pivot)"),
                then->label ? then->label : "?", now->label ? now->label : "?");

    return FALSE;
}

static gboolean
is_other_disk(const DiskDef *def)
{
    return def->location == SNAPSHOT_LOCATION_NO && !def->read_only && !disk_def_is_empty(def) &&
           g_strcmp0(def->device, "cdrom") != 0 && g_strcmp0(def->device, "floppy") != 0;
}

static gboolean
check_other_disks(const ImageUsers *users, const DomainSurvey *domain, GPtrArray *disks,
                  GError **error)
{
    for (guint i = 0; disks && i < disks->len; i++) {
        const DiskDef *def = g_ptr_array_index(disks, i);

        if (!is_other_disk(def) || check_other_disk(users, domain, def, error))
            continue;
        g_prefix_error(error, _("Domain '%s', disk '%s': "), domain->name, def->target);
        return FALSE;
    }

    return TRUE;
}

gboolean
apply_others_check(const ImageUsers *users, const DomainSurvey *domain, const SnapshotDef *def,
                   GError **error)
{
    return check_other_disks(users, domain, def->disks, error) &&
           check_other_disks(users, domain, def->inactive_disks, error);
}
