/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "snapshot/image-rename.h"
#include "util/xml.h"

/* Every <disk> of a <domain>, also of those within a <domainsnapshot>. */
#define DISKS                                                                                     \
    "./devices/disk | ./domain/devices/disk | ./inactiveDomain/devices/disk"

/* Whether @node, a <disk> or a <backingStore>, names @image by its own source. */
static gboolean
names_image(xmlNode *node, const Layer *image)
{
    g_autofree char *file = xml_text(node, "./source/@file");
    g_autofree char *dev = xml_text(node, "./source/@dev");
    const char *path = file ? file : dev;

    return path && layer_is_at(image, path);
}

/* Compares paths, so that it works for a file that is gone or was replaced, too. */
static gboolean
names_path(xmlNode *node, const char *path)
{
    g_autofree char *file = xml_text(node, "./source/@file");
    g_autofree char *dev = xml_text(node, "./source/@dev");

    return g_strcmp0(file ? file : dev, path) == 0;
}

static void
drop_child(xmlNode *node, const char *name)
{
    xmlNode *child;

    while ((child = xml_child(node, name, NULL))) {
        xmlUnlinkNode(child);
        xmlFreeNode(child);
    }
}

/* The format stands in a <driver> of a disk, and in a <format> of what is below. */
static void
set_format(xmlNode *node, const char *format)
{
    gboolean top = g_str_equal((const char *)node->name, "disk");
    const char *name = top ? "driver" : "format";
    xmlNode *child = xml_child(node, name, NULL);

    if (!child)
        child = xml_add(node, name, NULL);
    xmlUnsetProp(child, BAD_CAST "type");
    xml_set(child, "type", format);
}

/* Makes the source a plain file where it is a pool's volume. */
static void
set_source(xmlNode *node, const char *path, gboolean block)
{
    xmlNode *source = xml_child(node, "source", NULL);
    static const char *const others[] = {"file", "dev", "pool", "volume", "mode", "index"};

    if (!source)
        source = xml_add(node, "source", NULL);
    for (gsize i = 0; i < G_N_ELEMENTS(others); i++)
        xmlUnsetProp(source, BAD_CAST others[i]);
    xml_set(source, block ? "dev" : "file", path);
    xmlUnsetProp(node, BAD_CAST "type");
    xml_set(node, "type", block ? "block" : "file");
}

/* Takes the image @into out of the chain below @node in the XML: its own backing store takes its
 * place. */
static void
move_up(xmlNode *node, const Layer *into)
{
    xmlNode *below = xml_child(node, "backingStore", NULL);
    xmlNode *next;

    if (!below)
        return;
    if (!xml_child(below, "source", NULL)) {
        drop_child(node, "backingStore");
        return;
    }
    if (!names_image(below, into))
        return;
    next = xml_child(below, "backingStore", NULL);
    if (next)
        xmlUnlinkNode(next);
    if (next)
        xmlReplaceNode(below, next);
    else
        xmlUnlinkNode(below);
    xmlFreeNode(below);
}

static gboolean
rename_in(xmlNode *disk, const Layer *from, const Layer *into)
{
    gboolean found = FALSE;

    for (xmlNode *node = disk; node; node = xml_child(node, "backingStore", NULL)) {
        if (!names_image(node, from) && !names_path(node, from->path))
            continue;
        move_up(node, into);
        set_format(node, into->format);
        set_source(node, into->path, into->block);
        found = TRUE;
    }

    return found;
}

char *
image_rename(const char *xml, const Layer *from, const Layer *into, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) disks = doc ? xml_nodes(xmlDocGetRootElement(doc), DISKS) : NULL;
    gboolean found = FALSE;

    for (guint i = 0; disks && i < disks->len; i++)
        found = rename_in(g_ptr_array_index(disks, i), from, into) || found;

    return found ? xml_doc_to_string(doc) : NULL;
}

gboolean
image_is_named(const char *xml, const Layer *image)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), "domain XML", NULL);
    g_autoptr(GPtrArray) disks = doc ? xml_nodes(xmlDocGetRootElement(doc), DISKS) : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        for (xmlNode *node = g_ptr_array_index(disks, i); node;
             node = xml_child(node, "backingStore", NULL)) {
            if (names_image(node, image) || names_path(node, image->path))
                return TRUE;
        }
    }

    return FALSE;
}

char *
image_replace(const char *xml, const char *target, const char *path, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), error);
    g_autoptr(GPtrArray) disks = doc ? xml_nodes(xmlDocGetRootElement(doc), DISKS) : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        xmlNode *disk = g_ptr_array_index(disks, i);
        g_autofree char *dev = xml_text(disk, "./target/@dev");

        if (g_strcmp0(dev, target) != 0)
            continue;
        drop_child(disk, "backingStore");
        set_format(disk, "qcow2");
        set_source(disk, path, FALSE);
        return xml_doc_to_string(doc);
    }
    if (doc)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("The domain's XML has no disk '%s'"), target);

    return NULL;
}

char *
image_of(const char *xml, const char *target)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("domain XML"), NULL);
    g_autoptr(GPtrArray) disks = doc ? xml_nodes(xmlDocGetRootElement(doc), DISKS) : NULL;

    for (guint i = 0; disks && i < disks->len; i++) {
        xmlNode *disk = g_ptr_array_index(disks, i);
        g_autofree char *dev = xml_text(disk, "./target/@dev");

        if (g_strcmp0(dev, target) == 0)
            return xml_text(disk, "./source/@file");
    }

    return NULL;
}
