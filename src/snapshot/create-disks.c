/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "settings/settings.h"
#include "snapshot/create-disks.h"
#include "snapshot/create-point.h"
#include "snapshot/image-idle.h"
#include "util/name.h"
#include "util/xml.h"

/* QEMU does not open a chain of more layers. */
#define CHAIN_MAX 200
/* The space that a new overlay takes. What the domain writes to it later is not known. */
#define OVERLAY_BYTES (1024 * 1024)

/* --- what no overlay can be made of ---------------------------------------------------- */

static gboolean
has_child(xmlNode *disk, const char *name)
{
    return xml_child(disk, name, NULL) != NULL;
}

static gboolean
is_excluded(const CreateLook *look, const char *target)
{
    const GPtrArray *exclude = look->settings->exclude;

    for (guint i = 0; exclude && i < exclude->len; i++) {
        const VirtSnapExclude *one = g_ptr_array_index(exclude, i);

        if (g_str_equal(one->domain, look->look->name) && g_strcmp0(one->target, target) == 0)
            return TRUE;
    }

    return FALSE;
}

/* Returns: whether no overlay is made for the disk: removable drives, read-only and empty ones,
 * and those with snapshot='no'. */
static gboolean
is_left_out(xmlNode *disk, const StorageDef *storage)
{
    g_autofree char *device = xml_attr(disk, "device");
    g_autofree char *wanted = xml_attr(disk, "snapshot");

    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0 ||
           g_strcmp0(wanted, "no") == 0 || has_child(disk, "readonly") || !storage->label;
}

static gboolean
check_wanted(CreateLook *look, xmlNode *disk, const char *target)
{
    g_autofree char *device = xml_attr(disk, "device");
    g_autofree char *wanted = xml_attr(disk, "snapshot");

    if (g_strcmp0(wanted, "manual") == 0 ||
        (g_strcmp0(wanted, "internal") == 0 && !look->settings->internal)) {
        create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                       _("its disk '%s' asks for snapshots of the kind '%s' in the domain's XML"),
                       target, wanted);
        return FALSE;
    }
    if (g_strcmp0(device, "lun") == 0 || has_child(disk, "shareable") ||
        has_child(disk, "transient")) {
        create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                       _("its disk '%s' is passed through, shared or transient: libvirt takes no "
                         "snapshots of such disks; snapshot='no' in the domain's XML leaves it "
                         "out"),
                       target);
        return FALSE;
    }

    return TRUE;
}

static gboolean
check_storage(CreateLook *look, const StorageDef *storage, const char *target)
{
    if (g_strcmp0(storage->type, "file") != 0) {
        create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                       _("its disk '%s' is of the type '%s', and only those in files get "
                         "overlays beside them; snapshot='no' in the domain's XML leaves it out"),
                       target, storage->type);
        return FALSE;
    }
    if (storage->encryption) {
        create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                       _("its disk '%s' is encrypted, and an overlay would not be; snapshot='no' "
                         "in the domain's XML leaves it out"),
                       target);
        return FALSE;
    }
    if (storage->path && storage->format && g_path_is_absolute(storage->path) &&
        text_fits_xml(storage->path))
        return TRUE;
    create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                   _("its disk '%s' has no path, or no format, that can be worked with"), target);

    return FALSE;
}

/* Looks at the whole chain below the disk, because the XML of a domain that is shut off may name
 * the top image only. */
static gboolean
check_chain(CreateLook *look, const StorageDef *storage, const char *target)
{
    g_autoptr(ChainCache) cache = chain_cache_new();
    g_autoptr(GError) error = NULL;
    const Layer *top = storage->backing ? NULL : storage_def_resolve(storage, cache, &error);
    guint depth = top ? chain_depth(top) : storage_def_depth(storage);

    if (error) {
        create_problem(look, error->code, _("its disk '%s': %s"), target, error->message);
        return FALSE;
    }
    if (depth + 1 <= CHAIN_MAX)
        return TRUE;
    create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                   _("its disk '%s' has %u images, one above the other, and QEMU opens %u at "
                     "most; remove snapshots first (snapshot-delete)"),
                   target, depth, CHAIN_MAX);

    return FALSE;
}

static gboolean
look_sees(CreateLook *look, const char *path)
{
    g_autoptr(GError) error = NULL;

    if (look->hypervisor->ops->sees(look->hypervisor, path, &error))
        return TRUE;
    create_problem(look, error->code, "%s", error->message);

    return FALSE;
}

static gboolean
check_idle(CreateLook *look, const StorageDef *storage, const char *target)
{
    g_autoptr(GError) error = NULL;

    if (look->look->state != DOMAIN_STATE_OFF || image_is_idle(storage->path, &error))
        return TRUE;
    create_problem(look, error->code, _("its disk '%s': %s"), target, error->message);

    return FALSE;
}

/* --- what becomes of each ---------------------------------------------------------------- */

static xmlNode *
add_disk(xmlNode *disks, const char *target, const char *what)
{
    xmlNode *node = xml_add(disks, "disk", NULL);

    xml_set(node, "name", target);
    xml_set(node, "snapshot", what);

    return node;
}

static void
add_internal(CreateLook *look, xmlNode *disks, const StorageDef *storage, const char *target)
{
    if (g_strcmp0(storage->format, "qcow2") != 0)
        create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                       _("its disk '%s' is no qcow2 image, which alone have internal snapshots"),
                       target);
    add_disk(disks, target, "internal");
}

/* Returns: (transfer full): the name that libvirt would give the overlay: the suffix of the
 * image's name is replaced by the snapshot's name. */
static char *
overlay_name(const CreateLook *look, const StorageDef *storage)
{
    g_autofree char *stem = g_path_get_basename(storage->path);
    g_autofree char *component = name_to_component(look->snapshot);
    char *dot = strrchr(stem, '.');

    if (dot && dot > stem)
        *dot = '\0';

    return g_strdup_printf("%s.%s", stem, component);
}

static void
add_external(CreateLook *look, xmlNode *disks, const StorageDef *storage, const char *target)
{
    g_autofree char *name = NULL;
    g_autofree char *overlay = NULL;
    xmlNode *node;

    if (!check_storage(look, storage, target) || !look_sees(look, storage->path) ||
        !check_idle(look, storage, target) || !check_chain(look, storage, target))
        return;
    name = overlay_name(look, storage);
    overlay = create_new_file(look, storage->path, name, OVERLAY_BYTES);
    if (!overlay)
        return;
    create_point_look_at_disk(look, storage,
                              set_member_add_disk(look->member, target, storage->path,
                                                  storage->format, overlay));
    node = add_disk(disks, target, "external");
    xml_set(node, "type", "file");
    xml_set(xml_add(node, "driver", NULL), "type", "qcow2");
    xml_set(xml_add(node, "source", NULL), "file", overlay);
}

static gboolean
look_at_new_disk(CreateLook *look, xmlNode *disks, xmlNode *disk)
{
    g_autoptr(StorageDef) storage = storage_def_parse(disk);
    g_autofree char *target = xml_text(disk, "./target/@dev");

    if (is_left_out(disk, storage) || is_excluded(look, target)) {
        add_disk(disks, target, "no");
        return FALSE;
    }
    if (!check_wanted(look, disk, target))
        return TRUE;
    if (look->settings->internal)
        add_internal(look, disks, storage, target);
    else
        add_external(look, disks, storage, target);

    return TRUE;
}

char *
create_look_at_disks(CreateLook *look)
{
    g_autoptr(GError) error = NULL;
    g_autoptr(xmlDoc) doc =
        xml_parse(look->look->xml, strlen(look->look->xml), _("domain XML"), &error);
    g_autoptr(xmlDoc) made = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *disks = xmlNewDocNode(made, NULL, BAD_CAST "disks", NULL);
    g_autoptr(GPtrArray) nodes = NULL;
    gboolean any = FALSE;

    xmlDocSetRootElement(made, disks);
    if (!doc) {
        create_problem(look, VIRT_SNAP_ERROR_FAILED, "%s", error->message);
        return NULL;
    }
    nodes = xml_nodes(xmlDocGetRootElement(doc), "./devices/disk");
    for (guint i = 0; i < nodes->len; i++)
        any |= look_at_new_disk(look, disks, g_ptr_array_index(nodes, i));
    if (!any)
        create_problem(look, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                       _("it has no disk that a snapshot could be taken of; take it out of the "
                         "collection"));

    return xml_node_to_string(disks);
}
