/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "import/domain-rewrite.h"
#include "import/gate-value.h"
#include "import/rewrite-check.h"
#include "import/rewrite-nodes.h"
#include "import/rewrite-screens.h"
#include "import/rewrite-strip.h"
#include "util/xml.h"

/* Removes the aliases that libvirt assigns at each start. Those of users begin with "ua-" and are
 * kept. */
static void
strip_aliases(xmlNode *domain)
{
    nodes_remove(domain, "./devices/*/alias[not(starts-with(@name, 'ua-'))]");
}

/* --- identity ------------------------------------------------------------- */

/* Sets the UUID, also in the SMBIOS tables, because libvirt refuses a domain in which they
 * differ. */
static void
rewrite_uuid(xmlNode *domain, const char *uuid)
{
    g_autoptr(GPtrArray) entries = xml_nodes(domain, "./sysinfo/system/entry[@name='uuid']");

    if (!uuid)
        return;
    node_replace_text(domain, "uuid", uuid);
    for (guint i = 0; i < entries->len; i++)
        node_set_text(g_ptr_array_index(entries, i), uuid);
}

static void
rewrite_identity(xmlNode *domain, const DomainRewrite *to)
{
    node_replace_text(domain, "name", to->name);
    rewrite_uuid(domain, to->uuid);
    if (xml_child(domain, "genid", NULL))
        node_replace_text(domain, "genid", to->genid);
}

/* --- disks ---------------------------------------------------------------- */

/* libvirt gives every image of a chain to the user of QEMU, unless it is told not to, each driver
 * that does so by itself. Source: its formatdomain, the <seclabel> of a disk's <source>. */
static void
add_kept_labels(xmlNode *source)
{
    static const char *const models[] = {"dac", "selinux"};

    for (gsize i = 0; i < G_N_ELEMENTS(models); i++) {
        xmlNode *label = xml_add(source, "seclabel", NULL);

        node_set(label, "model", models[i]);
        node_set(label, "relabel", "no");
    }
}

static void
add_source_image(xmlNode *parent, const RewriteImage *image)
{
    xmlNode *source = xml_add(parent, "source", NULL);

    node_set(source, "file", image->path);
    if (image->kept)
        add_kept_labels(source);
}

static void
add_backing_chain(xmlNode *disk, GPtrArray *images)
{
    xmlNode *parent = disk;

    for (guint i = 1; i < images->len; i++) {
        const RewriteImage *image = g_ptr_array_index(images, i);

        parent = xml_add(parent, "backingStore", NULL);
        node_set(parent, "type", "file");
        node_set(xml_add(parent, "format", NULL), "type", image->format);
        add_source_image(parent, image);
    }
    xml_add(parent, "backingStore", NULL);
}

/* @xpath: of targets of disks. */
static gboolean
has_target(xmlNode *domain, const char *xpath, const char *target)
{
    g_autoptr(GPtrArray) targets = xml_nodes(domain, xpath);

    for (guint i = 0; i < targets->len; i++) {
        g_autofree char *name = xml_attr(g_ptr_array_index(targets, i), "dev");

        if (g_strcmp0(name, target) == 0)
            return TRUE;
    }

    return FALSE;
}

/* Older versions of libvirt have the element in <disk>. */
gboolean
domain_encrypts(xmlNode *domain, const char *target)
{
    return has_target(domain, "./devices/disk[encryption or source/encryption]/target", target);
}

gboolean
domain_shares(xmlNode *domain, const char *target)
{
    return has_target(domain, "./devices/disk[shareable and not(readonly)]/target", target);
}

/* Takes the <encryption> of a trusted source, which also applies to the new image. */
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
    xmlNode *driver = node_need_child(disk, "driver");
    xmlNode *encryption = take_encryption(disk);

    nodes_remove(disk, "./source | ./backingStore | ./driver[position() > 1]");
    node_set(disk, "type", "file");
    if (!xmlHasProp(driver, BAD_CAST "name"))
        node_set(driver, "name", "qemu");
    node_set(driver, "type", top->format);
    if (!g_str_equal(top->format, "raw") && !xml_child(disk, "readonly", NULL))
        nodes_remove(disk, "./shareable");
    add_source_image(disk, top);
    if (encryption)
        xmlAddChild(xml_child(disk, "source", NULL), encryption);
    add_backing_chain(disk, images);
}

static void
set_empty(xmlNode *disk)
{
    nodes_remove(disk, "./source | ./backingStore");
    node_set(disk, "type", "file");
}

static gboolean
is_drive_element(xmlNode *disk)
{
    g_autofree char *device = xml_attr(disk, "device");

    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

static void
rewrite_disk(xmlNode *disk, GPtrArray *disks)
{
    xmlNode *target = xml_child(disk, "target", NULL);
    g_autofree char *name = target ? xml_attr(target, "dev") : NULL;
    const RewriteDisk *to = rewrite_disk_find(disks, name);

    if (!to) {
        if (is_drive_element(disk))
            set_empty(disk);
    } else if (to->fate == REWRITE_DISK_LEFT_OUT) {
        node_remove(disk);
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

/* --- files other than disks ----------------------------------------------- */

/* Removes the <source> of <nvram>, in which libvirt 8.5 and later may write the path. The path is
 * written as text, which every version understands. */
static void
clear_nvram(xmlNode *os)
{
    xmlNode *nvram = xml_child(os, "nvram", NULL);

    nodes_remove(os, "./nvram[position() > 1]");
    if (!nvram)
        return;
    node_set_text(nvram, "");
    node_unset(nvram, "type");
}

/* The template of other firmware would not fit. Where that of the new firmware is not known,
 * libvirt finds it. libvirt 9.0 only knows raw ones, and not the attribute for others. */
static void
set_template(xmlNode *nvram, const RewriteLoader *to)
{
    node_unset(nvram, "template");
    node_unset(nvram, "templateFormat");
    if (!to->template)
        return;
    node_set(nvram, "template", to->template);
    if (g_strcmp0(to->template_format, "qcow2") == 0)
        node_set(nvram, "templateFormat", to->template_format);
}

static void
rewrite_loader(xmlNode *os, const DomainRewrite *to)
{
    g_autofree char *path = xml_text(os, "./loader");
    gboolean named = path && *g_strstrip(path);
    const RewriteLoader *loader = rewrite_loader_find(to->loaders, path);
    xmlNode *nvram = xml_child(os, "nvram", NULL);

    if (loader)
        node_replace_text(os, "loader", loader->path);
    if (loader && nvram)
        set_template(nvram, loader);
    if (to->no_choice && named) {
        node_unset(os, "firmware");
        nodes_remove(os, "./firmware");
    }
}

/* A domain can have several of them. */
static void
rewrite_memory_file(xmlNode *domain, const RewriteFile *file)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/memory/source/path");

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *path = xml_text(g_ptr_array_index(nodes, i), ".");

        if (path && g_strcmp0(g_strstrip(path), file->was) == 0)
            node_set_text(g_ptr_array_index(nodes, i), file->path);
    }
}

static void
rewrite_varstore(xmlNode *os, const RewriteFile *file)
{
    xmlNode *varstore = xml_child(os, "varstore", NULL);

    if (varstore)
        node_set(varstore, "path", file->path);
}

/* A snapshot can be of a time when the domain had other firmware, without variables. */
static gboolean
has_variables(xmlNode *os)
{
    return xml_node(os, "./nvram | ../os[@firmware='efi'] | ./loader[@type='pflash']") != NULL;
}

static void
rewrite_os_file(xmlNode *os, const RewriteFile *file)
{
    gboolean variables = g_str_equal(file->element, "nvram");
    const char *format = file->format ? file->format : "raw";

    if (variables && !has_variables(os))
        return;
    node_replace_text(os, file->element, file->path);
    /* libvirt 9.2 and later take the format of the firmware for that of variables which have none;
     * before it all were raw, and the attribute was not known. */
    if (variables || !g_str_equal(format, "raw"))
        node_set(xml_child(os, file->element, NULL), "format", format);
    else
        node_unset(xml_child(os, file->element, NULL), "format");
}

static void
rewrite_file(xmlNode *domain, xmlNode *os, const RewriteFile *file)
{
    if (g_str_equal(file->element, "memory"))
        rewrite_memory_file(domain, file);
    else if (g_str_equal(file->element, "varstore"))
        rewrite_varstore(os, file);
    else
        rewrite_os_file(os, file);
}

static void
rewrite_os(xmlNode *domain, const DomainRewrite *to)
{
    xmlNode *os = node_need_child(domain, "os");

    if (to->machine && xml_child(os, "type", NULL))
        node_set(xml_child(os, "type", NULL), "machine", to->machine);
    rewrite_loader(os, to);
    clear_nvram(os);
    for (guint i = 0; to->files && i < to->files->len; i++)
        rewrite_file(domain, os, g_ptr_array_index(to->files, i));
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
        node_set(node, name, value);
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
    const GateContext context = {NULL, "mac", TRUE};

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
    nodes_remove(domain, "./cpu");
    xmlAddChild(domain, xmlDocCopyNode(cpu, domain->doc, 1));

    return TRUE;
}

static void
rewrite_machine(xmlNode *domain, const DomainRewrite *to)
{
    if (to->type)
        node_set(domain, "type", to->type);
    if (to->emulator)
        node_replace_text(node_need_child(domain, "devices"), "emulator", to->emulator);
}

gboolean
domain_rewrite(xmlNode *domain, const DomainRewrite *to, GError **error)
{
    if (!g_str_equal(domain->name, "domain") && !g_str_equal(domain->name, "inactiveDomain")) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("'%s' is no <domain>"), (const char *)domain->name);
        return FALSE;
    }
    rewrite_strip(domain, "");
    strip_aliases(domain);
    /* libvirt refuses the <domain> of a snapshot with an empty <resource>, without a useful
     * message. */
    nodes_remove(domain, "./resource[not(*)]");
    rewrite_identity(domain, to);
    rewrite_disks(domain, to->disks);
    rewrite_os(domain, to);
    rewrite_network(domain, to);
    rewrite_machine(domain, to);
    rewrite_video(domain, to->video);
    if (to->no_spice)
        rewrite_spice(domain);

    return rewrite_cpu(domain, to->cpu, error) && rewrite_check(domain, to, error);
}

/* --- snapshots ------------------------------------------------------------ */

static void
rewrite_overlay(xmlNode *disk, GPtrArray *overlays)
{
    g_autofree char *name = xml_attr(disk, "name");
    const RewriteDisk *to = rewrite_disk_find(overlays, name);

    nodes_remove(disk, "./source");
    if (!to || to->images->len == 0)
        return;
    node_set(disk, "type", "file");
    node_set(node_need_child(disk, "driver"), "type",
                  ((RewriteImage *)g_ptr_array_index(to->images, 0))->format);
    add_source_image(disk, g_ptr_array_index(to->images, 0));
}

static void
rewrite_overlays(xmlNode *snapshot, const char *path, GPtrArray *overlays)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(snapshot, path);

    for (guint i = 0; i < nodes->len; i++)
        rewrite_overlay(g_ptr_array_index(nodes, i), overlays);
}

/* libvirt refuses a snapshot of a disk that its <domain> does not have. */
static void
remove_left_out(xmlNode *snapshot, GPtrArray *disks)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(snapshot, "./disks/disk | ./revertDisks/disk");

    for (guint i = 0; i < nodes->len; i++) {
        g_autofree char *name = xml_attr(g_ptr_array_index(nodes, i), "name");
        const RewriteDisk *disk = rewrite_disk_find(disks, name);

        if (disk && disk->fate == REWRITE_DISK_LEFT_OUT)
            node_remove(g_ptr_array_index(nodes, i));
    }
}

/* Sets the memory state. A snapshot of a running guest without its memory becomes a snapshot of its
 * disks only. */
static void
rewrite_memory(xmlNode *snapshot, const char *path)
{
    xmlNode *memory = xml_node(snapshot, "./memory[@snapshot='external']");

    if (!memory)
        return;
    if (path) {
        node_set(memory, "file", path);
        return;
    }
    node_set(memory, "snapshot", "no");
    node_unset(memory, "file");
    node_replace_text(snapshot, "state", "disk-snapshot");
    nodes_remove(snapshot, "./cookie");
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
    rewrite_strip(snapshot, "domainsnapshot");
    rewrite_memory(snapshot, to->memory);
    remove_left_out(snapshot, to->domain->disks);
    rewrite_overlays(snapshot, "./disks/disk", to->overlays);
    if (to->reverts)
        rewrite_overlays(snapshot, "./revertDisks/disk", to->reverts);
    else
        nodes_remove(snapshot, "./revertDisks");

    return rewrite_inner(snapshot, "domain", to->domain, error) &&
           rewrite_inner(snapshot, "inactiveDomain", to->inactive ? to->inactive : to->domain,
                         error);
}
