/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "hypervisor/snapshot-def.h"
#include "util/xml.h"

static const char *const location_names[] = {
    [SNAPSHOT_LOCATION_NO] = "no",
    [SNAPSHOT_LOCATION_INTERNAL] = "internal",
    [SNAPSHOT_LOCATION_EXTERNAL] = "external",
    [SNAPSHOT_LOCATION_MANUAL] = "manual",
    [SNAPSHOT_LOCATION_LIVE] = "live",
};

const char *
snapshot_location_name(SnapshotLocation location)
{
    return location_names[location];
}

/* The location that the attribute "snapshot" names; without the attribute the disk is not part of
 * the snapshot. */
static SnapshotLocation
parse_location(xmlNode *node)
{
    g_autofree char *word = node ? xml_attr(node, "snapshot") : NULL;

    for (gsize i = 0; word && i < G_N_ELEMENTS(location_names); i++) {
        if (g_str_equal(word, location_names[i]))
            return (SnapshotLocation)i;
    }

    return SNAPSHOT_LOCATION_NO;
}

void
disk_def_free(DiskDef *disk)
{
    if (!disk)
        return;
    g_free(disk->target);
    g_free(disk->device);
    g_free(disk->overlay);
    storage_def_free(disk->storage);
    g_free(disk);
}

void
snapshot_def_free(SnapshotDef *def)
{
    if (!def)
        return;
    g_free(def->name);
    g_free(def->parent);
    g_free(def->state);
    g_free(def->memory_file);
    g_clear_pointer(&def->files, g_ptr_array_unref);
    g_clear_pointer(&def->devices, g_ptr_array_unref);
    g_clear_pointer(&def->disks, g_ptr_array_unref);
    g_clear_pointer(&def->inactive_disks, g_ptr_array_unref);
    g_free(def->arguments);
    tpm_def_free(def->tpm);
    g_free(def->domain_name);
    g_free(def->domain_uuid);
    g_free(def->domain_xml);
    g_free(def);
}

gboolean
disk_def_is_empty(const DiskDef *disk)
{
    return disk->storage->label == NULL;
}

static char *
attr_or(xmlNode *node, const char *name, const char *otherwise)
{
    char *value = node ? xml_attr(node, name) : NULL;

    return value ? value : g_strdup(otherwise);
}

/* Parses a disk of the <domain>. The location of its state is in the snapshot's own list of
 * disks. */
static DiskDef *
parse_domain_disk(xmlNode *node)
{
    g_autoptr(DiskDef) disk = g_new0(DiskDef, 1);
    xmlNode *target = xml_child(node, "target", NULL);

    disk->target = attr_or(target, "dev", "?");
    disk->device = attr_or(node, "device", "disk");
    disk->read_only = xml_child(node, "readonly", NULL) != NULL;
    disk->shareable = xml_child(node, "shareable", NULL) != NULL;
    disk->storage = storage_def_parse(node);

    return g_steal_pointer(&disk);
}

/* Finds the element of @disk in the snapshot's list, which names a disk by its target or by the
 * path of its image. */
static xmlNode *
find_in_snapshot(xmlNode *root, const DiskDef *disk)
{
    xmlNode *disks = xml_child(root, "disks", NULL);

    for (xmlNode *node = NULL; disks && (node = xml_child(disks, "disk", node));) {
        g_autofree char *name = xml_attr(node, "name");

        if (name && (g_str_equal(name, disk->target) ||
                     g_strcmp0(name, disk->storage->path) == 0))
            return node;
    }

    return NULL;
}

/* Reads where the snapshot keeps the state of @disk; a disk that is not listed is not part of
 * it. */
static void
parse_location_of(DiskDef *disk, xmlNode *root)
{
    xmlNode *node = find_in_snapshot(root, disk);
    xmlNode *source = node ? xml_child(node, "source", NULL) : NULL;

    disk->location = parse_location(node);
    disk->overlay = source ? xml_attr(source, "file") : NULL;
    if (source && !disk->overlay)
        disk->overlay = xml_attr(source, "dev");
}

static GPtrArray *
parse_disks(xmlNode *root, xmlNode *domain)
{
    g_autoptr(GPtrArray) disks = g_ptr_array_new_with_free_func((GDestroyNotify)disk_def_free);
    xmlNode *devices = xml_child(domain, "devices", NULL);

    if (!devices)
        return g_steal_pointer(&disks);
    for (xmlNode *node = NULL; (node = xml_child(devices, "disk", node));) {
        DiskDef *disk = parse_domain_disk(node);

        parse_location_of(disk, root);
        g_ptr_array_add(disks, disk);
    }

    return g_steal_pointer(&disks);
}

static char *
child_text(xmlNode *parent, const char *name)
{
    xmlNode *child = parent ? xml_child(parent, name, NULL) : NULL;

    return child ? xml_text(child, ".") : NULL;
}

/* The arguments that the XML passes directly to QEMU, joined in one line. */
static char *
parse_arguments(xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes =
        xml_nodes(domain, "./*[local-name()='commandline']/*[local-name()='arg']");
    g_autoptr(GString) line = g_string_new(NULL);

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *value = xml_attr(g_ptr_array_index(nodes, i), "value");

        g_string_append_printf(line, "%s%s", i > 0 ? " " : "", value ? value : "");
    }

    return nodes->len > 0 ? g_string_free(g_steal_pointer(&line), FALSE) : NULL;
}

static SnapshotDef *
parse_snapshot_root(xmlNode *root, const char *what, GError **error)
{
    g_autoptr(SnapshotDef) def = g_new0(SnapshotDef, 1);
    xmlNode *domain = xml_child(root, "domain", NULL);
    xmlNode *inactive = xml_child(root, "inactiveDomain", NULL);
    xmlNode *memory = xml_child(root, "memory", NULL);
    g_autofree char *creation = child_text(root, "creationTime");

    def->name = child_text(root, "name");
    def->parent = child_text(xml_child(root, "parent", NULL), "name");
    def->state = child_text(root, "state");
    if (!domain || !def->name) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("%s: the snapshot's XML has no <%s>, so what it froze is not known; take "
                      "the snapshot again"),
                    what, domain ? "name" : "domain");
        return NULL;
    }
    def->creation_time = creation ? g_ascii_strtoll(creation, NULL, 10) : 0;
    def->memory = parse_location(memory);
    def->memory_file = memory ? xml_attr(memory, "file") : NULL;
    def->disks = parse_disks(root, domain);
    def->files = domain_files_parse(domain);
    def->devices = domain_devices_parse(domain);
    def->tpm = tpm_def_parse(domain);
    def->domain_name = child_text(domain, "name");
    def->domain_uuid = child_text(domain, "uuid");
    def->arguments = parse_arguments(domain);
    if (inactive)
        def->inactive_disks = parse_disks(root, inactive);
    if (inactive)
        xmlNodeSetName(inactive, BAD_CAST "domain");
    def->domain_xml = xml_node_to_string(inactive ? inactive : domain);

    return g_steal_pointer(&def);
}

SnapshotDef *
snapshot_def_parse(const char *xml, const char *what, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), what, error);
    xmlNode *root;

    if (!doc)
        return NULL;
    root = xmlDocGetRootElement(doc);
    if (!g_str_equal(root->name, "domainsnapshot")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("%s: <domainsnapshot> expected, not <%s>"), what, root->name);
        return NULL;
    }

    return parse_snapshot_root(root, what, error);
}

const char *
snapshot_def_kind(const SnapshotDef *def)
{
    SnapshotLocation found = def->memory;

    for (guint i = 0; i < def->disks->len; i++) {
        const DiskDef *disk = g_ptr_array_index(def->disks, i);

        if (disk->location != SNAPSHOT_LOCATION_NO)
            found = disk->location;
    }

    return found == SNAPSHOT_LOCATION_NO ? "none" : snapshot_location_name(found);
}

static void
find_in_disks(GPtrArray *disks, GPtrArray *volumes)
{
    for (guint i = 0; disks && i < disks->len; i++) {
        DiskDef *disk = g_ptr_array_index(disks, i);

        storage_def_find_volumes(disk->storage, volumes);
    }
}

void
snapshot_def_find_volumes(SnapshotDef *def, GPtrArray *volumes)
{
    find_in_disks(def->disks, volumes);
    find_in_disks(def->inactive_disks, volumes);
}

GPtrArray *
domain_image_paths(const char *xml, GPtrArray *volumes, GError **error)
{
    g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) disks = NULL;

    if (!doc)
        return NULL;
    disks = xml_nodes(xmlDocGetRootElement(doc), "./devices/disk[not(readonly)]");
    for (guint i = 0; i < disks->len; i++) {
        g_autoptr(StorageDef) storage = storage_def_parse(g_ptr_array_index(disks, i));

        if (volumes)
            storage_def_find_volumes(storage, volumes);
        if (storage->path)
            g_ptr_array_add(paths, g_strdup(storage->path));
    }

    return g_steal_pointer(&paths);
}
