/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/domain-rewrite.h"
#include "import/gate-table.h"
#include "import/gate-value.h"
#include "util/xml.h"

/* --- values --------------------------------------------------------------- */

static void
image_free(gpointer data)
{
    RewriteImage *image = data;

    g_free(image->path);
    g_free(image->format);
    g_free(image);
}

RewriteDisk *
rewrite_disk_new(const char *target, RewriteDiskFate fate)
{
    RewriteDisk *disk = g_new0(RewriteDisk, 1);

    disk->target = g_strdup(target);
    disk->fate = fate;
    disk->images = g_ptr_array_new_with_free_func(image_free);

    return disk;
}

void
rewrite_disk_add(RewriteDisk *disk, const char *path, const char *format)
{
    RewriteImage *image = g_new0(RewriteImage, 1);

    image->path = g_strdup(path);
    image->format = g_strdup(format);
    g_ptr_array_add(disk->images, image);
}

void
rewrite_disk_free(RewriteDisk *disk)
{
    if (!disk)
        return;
    g_free(disk->target);
    g_ptr_array_unref(disk->images);
    g_free(disk);
}

RewriteFile *
rewrite_file_new(const char *element, const char *path, const char *format)
{
    RewriteFile *file = g_new0(RewriteFile, 1);

    file->element = g_strdup(element);
    file->path = g_strdup(path);
    file->format = g_strdup(format);

    return file;
}

void
rewrite_file_free(RewriteFile *file)
{
    if (!file)
        return;
    g_free(file->element);
    g_free(file->path);
    g_free(file->format);
    g_free(file);
}

static const RewriteDisk *
find_disk(GPtrArray *disks, const char *target)
{
    for (guint i = 0; disks && target && i < disks->len; i++) {
        const RewriteDisk *disk = g_ptr_array_index(disks, i);

        if (g_str_equal(disk->target, target))
            return disk;
    }

    return NULL;
}

/* --- elements ------------------------------------------------------------- */

static void
remove_node(xmlNode *node)
{
    xmlUnlinkNode(node);
    xmlFreeNode(node);
}

static void
remove_nodes(xmlNode *below, const char *path)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(below, path);

    for (guint i = 0; i < nodes->len; i++)
        remove_node(g_ptr_array_index(nodes, i));
}

static void
set_attribute(xmlNode *node, const char *name, const char *value)
{
    xmlSetProp(node, BAD_CAST name, BAD_CAST value);
}

static void
unset_attribute(xmlNode *node, const char *name)
{
    xmlUnsetProp(node, BAD_CAST name);
}

/* All that is in @node is @text afterwards. */
static void
set_text(xmlNode *node, const char *text)
{
    xmlNode *child;

    while ((child = node->children))
        remove_node(child);
    xmlNodeAddContent(node, BAD_CAST text);
}

/* The child @name of @parent, made where there is none. */
static xmlNode *
need_child(xmlNode *parent, const char *name)
{
    xmlNode *child = xml_child(parent, name, NULL);

    return child ? child : xml_add(parent, name, NULL);
}

/* The only child @name of @parent afterwards is one with @text; NULL leaves what there is. */
static void
replace_text(xmlNode *parent, const char *name, const char *text)
{
    g_autofree char *others = g_strdup_printf("./%s[position() > 1]", name);

    if (!text)
        return;
    remove_nodes(parent, others);
    set_text(need_child(parent, name), text);
}

/* --- what belonged to the other host -------------------------------------- */

/* Whether the table lets @attr pass. What it does not is here because the user trusts it. */
static gboolean
is_allowed(xmlNode *node, const xmlAttr *attr, const GateValue *known)
{
    const GateRules nothing = {NULL, NULL, NULL, NULL};
    const GateContext context = {&nothing, (const char *)node->name};
    g_autofree char *value = xml_attr(node, (const char *)attr->name);

    return !attr->ns && known && value && gate_value_allowed(known->rule, value, &context);
}

static void
strip_attributes(xmlNode *node, const GateElement *element)
{
    xmlAttr *next;

    for (xmlAttr *attr = node->properties; attr; attr = next) {
        const GateValue *known = gate_table_attribute(element, (const char *)attr->name);

        next = attr->next;
        if (known && known->removed && is_allowed(node, attr, known))
            xmlRemoveProp(attr);
    }
}

/* Whether @node would be refused as a whole, so that the user trusts all that is in it. */
static gboolean
is_trusted(xmlNode *node, const GateElement *element)
{
    for (const xmlAttr *attr = node->properties; attr; attr = attr->next) {
        const GateValue *known = gate_table_attribute(element, (const char *)attr->name);

        if (!is_allowed(node, attr, known) && (element->removed || (known && known->decides)))
            return TRUE;
    }

    return FALSE;
}

/* Only elements that the table has are looked at: others are here because the user trusts them. */
static void
strip(xmlNode *node, const char *path)
{
    const GateElement *element = gate_table_find(path);
    xmlNode *next;

    if (!element || element->image || element->metadata || is_trusted(node, element))
        return;
    if (element->removed) {
        remove_node(node);
        return;
    }
    strip_attributes(node, element);
    for (xmlNode *child = xmlFirstElementChild(node); child; child = next) {
        g_autofree char *below = gate_table_below(path, (const char *)child->name);

        next = xmlNextElementSibling(child);
        if (!child->ns)
            strip(child, below);
    }
}

/* Aliases that a user gave begin so; libvirt makes the others at each start. */
static void
strip_aliases(xmlNode *domain)
{
    remove_nodes(domain, "./devices/*/alias[not(starts-with(@name, 'ua-'))]");
}

/* --- who it is ------------------------------------------------------------ */

/* libvirt refuses a domain whose firmware tables have another UUID. */
static void
rewrite_uuid(xmlNode *domain, const char *uuid)
{
    g_autoptr(GPtrArray) entries = xml_nodes(domain, "./sysinfo/system/entry[@name='uuid']");

    if (!uuid)
        return;
    replace_text(domain, "uuid", uuid);
    for (guint i = 0; i < entries->len; i++)
        set_text(g_ptr_array_index(entries, i), uuid);
}

static void
rewrite_identity(xmlNode *domain, const DomainRewrite *to)
{
    replace_text(domain, "name", to->name);
    rewrite_uuid(domain, to->uuid);
    if (xml_child(domain, "genid", NULL))
        replace_text(domain, "genid", to->genid);
}

/* --- disks ---------------------------------------------------------------- */

static void
add_image(xmlNode *parent, const RewriteImage *image)
{
    xmlNode *source = xml_add(parent, "source", NULL);

    set_attribute(source, "file", image->path);
}

static void
add_chain(xmlNode *disk, GPtrArray *images)
{
    xmlNode *parent = disk;

    for (guint i = 1; i < images->len; i++) {
        const RewriteImage *image = g_ptr_array_index(images, i);

        parent = xml_add(parent, "backingStore", NULL);
        set_attribute(parent, "type", "file");
        set_attribute(xml_add(parent, "format", NULL), "type", image->format);
        add_image(parent, image);
    }
    xml_add(parent, "backingStore", NULL);
}

/* What a trusted source says of how its image is to be read goes with the new one. */
static xmlNode *
take_encryption(xmlNode *disk)
{
    xmlNode *encryption = xml_node(disk, "./source/encryption");

    if (encryption)
        xmlUnlinkNode(encryption);

    return encryption;
}

static void
set_images(xmlNode *disk, GPtrArray *images)
{
    const RewriteImage *top = g_ptr_array_index(images, 0);
    xmlNode *driver = need_child(disk, "driver");
    xmlNode *encryption = take_encryption(disk);

    remove_nodes(disk, "./source | ./backingStore | ./driver[position() > 1]");
    set_attribute(disk, "type", "file");
    if (!xmlHasProp(driver, BAD_CAST "name"))
        set_attribute(driver, "name", "qemu");
    set_attribute(driver, "type", top->format);
    add_image(disk, top);
    if (encryption)
        xmlAddChild(xml_child(disk, "source", NULL), encryption);
    add_chain(disk, images);
}

static void
set_empty(xmlNode *disk)
{
    remove_nodes(disk, "./source | ./backingStore");
    set_attribute(disk, "type", "file");
}

static gboolean
is_drive(xmlNode *disk)
{
    g_autofree char *device = xml_attr(disk, "device");

    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

static void
rewrite_disk(xmlNode *disk, GPtrArray *disks)
{
    xmlNode *target = xml_child(disk, "target", NULL);
    g_autofree char *name = target ? xml_attr(target, "dev") : NULL;
    const RewriteDisk *to = find_disk(disks, name);

    if (!to) {
        if (is_drive(disk))
            set_empty(disk);
    } else if (to->fate == REWRITE_DISK_LEFT_OUT) {
        remove_node(disk);
    } else if (to->fate == REWRITE_DISK_EMPTY || to->images->len == 0) {
        set_empty(disk);
    } else {
        set_images(disk, to->images);
    }
}

static void
rewrite_disks(xmlNode *domain, GPtrArray *disks)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/disk");

    for (guint i = 0; i < nodes->len; i++)
        rewrite_disk(g_ptr_array_index(nodes, i), disks);
}

/* --- files beside the disks ----------------------------------------------- */

/* libvirt 8.5 and later may have the path in a <source>: a path as text is known to all. */
static void
clear_nvram(xmlNode *os)
{
    xmlNode *nvram = xml_child(os, "nvram", NULL);

    remove_nodes(os, "./nvram[position() > 1]");
    if (!nvram)
        return;
    set_text(nvram, "");
    unset_attribute(nvram, "type");
}

static void
rewrite_file(xmlNode *os, const RewriteFile *file)
{
    replace_text(os, file->element, file->path);
    /* libvirt 9.0 knows of no other format than raw, and so of no attribute for it. */
    if (file->format && !g_str_equal(file->format, "raw"))
        set_attribute(xml_child(os, file->element, NULL), "format", file->format);
    else
        unset_attribute(xml_child(os, file->element, NULL), "format");
}

static void
rewrite_os(xmlNode *domain, const DomainRewrite *to)
{
    xmlNode *os = need_child(domain, "os");
    xmlNode *nvram;

    if (to->machine && xml_child(os, "type", NULL))
        set_attribute(xml_child(os, "type", NULL), "machine", to->machine);
    if (to->loader && xml_child(os, "loader", NULL))
        replace_text(os, "loader", to->loader);
    clear_nvram(os);
    for (guint i = 0; to->files && i < to->files->len; i++)
        rewrite_file(os, g_ptr_array_index(to->files, i));
    nvram = xml_child(os, "nvram", NULL);
    if (to->template && nvram)
        set_attribute(nvram, "template", to->template);
}

/* --- network cards -------------------------------------------------------- */

static void
map_attribute(xmlNode *node, const char *name, GHashTable *map)
{
    g_autofree char *old = xml_attr(node, name);
    g_autofree char *key = old ? g_ascii_strdown(old, -1) : NULL;
    const char *value = NULL;

    if (!map || !old)
        return;
    value = g_hash_table_lookup(map, old);
    if (!value && g_str_equal(name, "address"))
        value = g_hash_table_lookup(map, key);
    if (value)
        set_attribute(node, name, value);
}

static void
map_attributes(xmlNode *domain, const char *path, const char *name, GHashTable *map)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, path);

    for (guint i = 0; i < nodes->len; i++)
        map_attribute(g_ptr_array_index(nodes, i), name, map);
}

static char *
new_mac(const char *old, GHashTable *macs)
{
    g_autoptr(GHashTable) taken = g_hash_table_new(g_str_hash, g_str_equal);
    GHashTableIter iter;
    gpointer key, value;
    char *mac = NULL;

    g_hash_table_iter_init(&iter, macs);
    while (g_hash_table_iter_next(&iter, &key, &value)) {
        g_hash_table_add(taken, key);
        g_hash_table_add(taken, value);
    }
    do {
        guint32 random = g_random_int();

        g_free(mac);
        mac = g_strdup_printf("%.8s:%02x:%02x:%02x", old, random & 0xff, random >> 8 & 0xff,
                              random >> 16 & 0xff);
    } while (g_hash_table_contains(taken, mac) || g_str_equal(mac, old));

    return mac;
}

void
rewrite_macs_add(xmlNode *domain, GHashTable *macs)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/interface/mac");
    const GateContext context = {NULL, "mac"};

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *address = xml_attr(g_ptr_array_index(nodes, i), "address");
        g_autofree char *old = address ? g_ascii_strdown(g_strstrip(address), -1) : NULL;

        if (old && gate_value_allowed("mac", old, &context) && !g_hash_table_contains(macs, old)) {
            char *mac = new_mac(old, macs);

            g_hash_table_insert(macs, g_steal_pointer(&old), mac);
        }
    }
}

static void
rewrite_network(xmlNode *domain, const DomainRewrite *to)
{
    map_attributes(domain, "./devices/interface/mac", "address", to->macs);
    map_attributes(domain, "./devices/interface/source[@network]", "network", to->networks);
    map_attributes(domain, "./devices/interface/source[@bridge]", "bridge", to->bridges);
}

/* --- processor and emulator ----------------------------------------------- */

static gboolean
rewrite_cpu(xmlNode *domain, const char *text, GError **error)
{
    g_autoptr(xmlDoc) doc = NULL;
    xmlNode *cpu;

    if (!text)
        return TRUE;
    doc = xml_parse(text, strlen(text), "<cpu>", error);
    if (!doc)
        return FALSE;
    cpu = xmlDocGetRootElement(doc);
    if (!g_str_equal(cpu->name, "cpu")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is no <cpu>"), (const char *)cpu->name);
        return FALSE;
    }
    remove_nodes(domain, "./cpu");
    xmlAddChild(domain, xmlDocCopyNode(cpu, domain->doc, 1));

    return TRUE;
}

static void
rewrite_machine(xmlNode *domain, const DomainRewrite *to)
{
    if (to->type)
        set_attribute(domain, "type", to->type);
    if (to->emulator)
        replace_text(need_child(domain, "devices"), "emulator", to->emulator);
}

gboolean
domain_rewrite(xmlNode *domain, const DomainRewrite *to, GError **error)
{
    if (!g_str_equal(domain->name, "domain") && !g_str_equal(domain->name, "inactiveDomain")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is no <domain>"), (const char *)domain->name);
        return FALSE;
    }
    strip(domain, "");
    strip_aliases(domain);
    rewrite_identity(domain, to);
    rewrite_disks(domain, to->disks);
    rewrite_os(domain, to);
    rewrite_network(domain, to);
    rewrite_machine(domain, to);

    return rewrite_cpu(domain, to->cpu, error);
}

/* --- snapshots ------------------------------------------------------------ */

static void
rewrite_overlay(xmlNode *disk, GPtrArray *overlays)
{
    g_autofree char *name = xml_attr(disk, "name");
    const RewriteDisk *to = find_disk(overlays, name);

    remove_nodes(disk, "./source");
    if (!to || to->images->len == 0)
        return;
    set_attribute(disk, "type", "file");
    set_attribute(need_child(disk, "driver"), "type",
                  ((RewriteImage *)g_ptr_array_index(to->images, 0))->format);
    add_image(disk, g_ptr_array_index(to->images, 0));
}

static void
rewrite_overlays(xmlNode *snapshot, const char *path, GPtrArray *overlays)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(snapshot, path);

    for (guint i = 0; i < nodes->len; i++)
        rewrite_overlay(g_ptr_array_index(nodes, i), overlays);
}

/* Without its memory a snapshot of a running guest is one of its disks. */
static void
rewrite_memory(xmlNode *snapshot, const char *path)
{
    xmlNode *memory = xml_node(snapshot, "./memory[@snapshot='external']");

    if (!memory)
        return;
    if (path) {
        set_attribute(memory, "file", path);
        return;
    }
    set_attribute(memory, "snapshot", "no");
    unset_attribute(memory, "file");
    replace_text(snapshot, "state", "disk-snapshot");
    remove_nodes(snapshot, "./cookie");
}

static gboolean
rewrite_inner(xmlNode *snapshot, const char *name, const DomainRewrite *to, GError **error)
{
    xmlNode *domain = xml_child(snapshot, name, NULL);

    return !domain || domain_rewrite(domain, to, error);
}

gboolean
snapshot_rewrite(xmlNode *snapshot, const SnapshotRewrite *to, GError **error)
{
    if (!g_str_equal(snapshot->name, "domainsnapshot") || !xml_child(snapshot, "domain", NULL)) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is no <domainsnapshot> with a <domain>"),
                    (const char *)snapshot->name);
        return FALSE;
    }
    strip(snapshot, "domainsnapshot");
    rewrite_memory(snapshot, to->memory);
    rewrite_overlays(snapshot, "./disks/disk", to->overlays);
    if (to->reverts)
        rewrite_overlays(snapshot, "./revertDisks/disk", to->reverts);
    else
        remove_nodes(snapshot, "./revertDisks");

    return rewrite_inner(snapshot, "domain", to->domain, error) &&
           rewrite_inner(snapshot, "inactiveDomain", to->inactive ? to->inactive : to->domain,
                         error);
}
