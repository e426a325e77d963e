/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "import/boot-domain.h"
#include "import/rewrite-nodes.h"
#include "util/xml.h"

/* --- values ------------------------------------------------------------------- */

static void
boot_image_free(gpointer data)
{
    BootImage *image = data;

    g_free(image->path);
    g_free(image->format);
    g_free(image->group);
    g_free(image);
}

BootDisk *
boot_disk_new(const char *target)
{
    BootDisk *disk = g_new0(BootDisk, 1);

    disk->target = g_strdup(target);
    disk->images = g_ptr_array_new_with_free_func(boot_image_free);

    return disk;
}

void
boot_disk_add(BootDisk *disk, const char *path, const char *format, const char *group)
{
    BootImage *image = g_new0(BootImage, 1);

    image->path = g_strdup(path);
    image->format = g_strdup(format);
    image->group = g_strdup(group);
    g_ptr_array_add(disk->images, image);
}

void
boot_disk_free(BootDisk *disk)
{
    if (!disk)
        return;
    g_free(disk->target);
    g_ptr_array_unref(disk->images);
    g_free(disk);
}

/* --- what is taken away --------------------------------------------------------- */

/* What the trial domain loses: devices that are, or lead to, devices of the host; screens, whose
 * ports may be taken; limits and placement; and shared memory. */
static const char *const removed[] = {
    "./metadata", "./seclabel", "./resource", "./cputune", "./blkiotune", "./memtune",
    "./numatune", "./memoryBacking", "./idmap", "./perf", "./throttlegroups",
    "./devices/hostdev", "./devices/filesystem", "./devices/shmem", "./devices/redirdev",
    "./devices/redirfilter", "./devices/smartcard", "./devices/lease", "./devices/vsock",
    "./devices/tpm", "./devices/graphics", "./devices/audio", "./devices/sound/audio",
    "./devices/pstore", "./devices/memory[source/path]", "./devices/crypto",
    "./devices/video/model/acceleration", "./devices/video/driver",
    "./devices/channel[target/@type='guestfwd']",
    "./devices/console[not(target/@type) or target/@type='serial']",
};

/* Removes elements of other namespaces, such as <qemu:commandline>. */
static void
remove_foreign(xmlNode *domain)
{
    for (xmlNode *next, *node = domain->children; node; node = next) {
        next = node->next;
        if (node->type == XML_ELEMENT_NODE && node->ns)
            node_remove(node);
    }
}

static void
remove_all(xmlNode *domain)
{
    for (gsize i = 0; i < G_N_ELEMENTS(removed); i++)
        nodes_remove(domain, removed[i]);
    remove_foreign(domain);
}

/* --- disks ------------------------------------------------------------------------ */

/* Adds @image to the disk or backing store @parent. Returns: the element that takes the image
 * below it. */
static xmlNode *
add_image(xmlNode *parent, const BootImage *image, gboolean top)
{
    xmlNode *source;

    if (!top) {
        parent = xml_add(parent, "backingStore", NULL);
        xml_set(parent, "type", "file");
        xml_set(xml_add(parent, "format", NULL), "type", image->format);
    }
    source = xml_add(parent, "source", NULL);
    xml_set(source, "file", image->path);
    xml_set(source, "fdgroup", image->group);

    return parent;
}

/* Sets the driver of a disk. Whatever a trial domain writes is thrown away, so it never waits
 * for a flush. */
static void
set_driver(xmlNode *disk, const char *format)
{
    xmlNode *driver = node_need_child(disk, "driver");

    node_set(driver, "name", "qemu");
    node_set(driver, "type", format);
    node_set(driver, "cache", "unsafe");
    node_unset(driver, "io");
    node_unset(driver, "error_policy");
    node_unset(driver, "rerror_policy");
}

static void
set_boot_images(xmlNode *node, const BootDisk *disk)
{
    const BootImage *first = g_ptr_array_index(disk->images, 0);
    xmlNode *at = node;

    nodes_remove(node, "./source | ./backingStore | ./mirror | ./shareable | ./transient | "
                       "./iotune");
    node_set(node, "type", "file");
    set_driver(node, first->format);
    for (guint i = 0; i < disk->images->len; i++)
        at = add_image(at, g_ptr_array_index(disk->images, i), i == 0);
    xml_add(at, "backingStore", NULL);
}

static const BootDisk *
find_boot_disk(GPtrArray *disks, xmlNode *node)
{
    g_autofree char *target = xml_text(node, "./target/@dev");

    for (guint i = 0; i < disks->len; i++) {
        const BootDisk *disk = g_ptr_array_index(disks, i);

        if (g_strcmp0(disk->target, target) == 0)
            return disk;
    }

    return NULL;
}

static gboolean
is_drive(xmlNode *node)
{
    g_autofree char *device = xml_attr(node, "device");

    return g_strcmp0(device, "cdrom") == 0 || g_strcmp0(device, "floppy") == 0;
}

/* Gives the disks their scratch overlays. A disk that no image was exported of is there only
 * because the user trusts it; it becomes read-only. */
static void
rewrite_boot_disks(xmlNode *domain, const BootPlace *place)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/disk");

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        const BootDisk *disk = find_boot_disk(place->disks, node);

        if (disk)
            set_boot_images(node, disk);
        else if (is_drive(node))
            nodes_remove(node, "./source | ./backingStore | ./mirror");
        else
            node_remove(node);
    }
}

/* --- network cards ------------------------------------------------------------------ */

/* Makes the interface one of type 'user', which needs no right on the host, with its link down,
 * so that nothing goes through. */
static void
unplug_card(xmlNode *card)
{
    static const char *const kept[] = {"mac", "model", "address", "boot", "acpi", "alias", NULL};
    xmlNode *next;

    for (xmlNode *node = card->children; node; node = next) {
        next = node->next;
        if (!g_strv_contains(kept, (const char *)node->name))
            node_remove(node);
    }
    while (card->properties)
        xmlRemoveProp(card->properties);
    node_set(card, "type", "user");
    node_set(xml_add(card, "link", NULL), "state", "down");
}

static void
unplug_all(xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/interface");

    for (guint i = 0; i < nodes->len; i++)
        unplug_card(g_ptr_array_index(nodes, i));
}

/* --- consoles and channels ------------------------------------------------------------ */

static void
set_backend(xmlNode *node, const char *type)
{
    nodes_remove(node, "./source | ./protocol | ./log");
    node_set(node, "type", type);
    node_unset(node, "tty");
}

static gboolean
is_agent(xmlNode *node)
{
    return xml_node(node, "self::channel[target/@type='virtio' and "
                          "target/@name='org.qemu.guest_agent.0']") != NULL;
}

static gboolean
rewrite_channels(xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes =
        xml_nodes(domain, "./devices/serial | ./devices/console | ./devices/parallel | "
                          "./devices/channel");
    gboolean agent = FALSE;

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        gboolean is = is_agent(node);

        agent = agent || is;
        set_backend(node, is ? "unix" : "null");
    }

    return agent;
}

/* Sends the first serial port, which kernels and boot loaders write to, to the file; where the
 * machine has none, its console. */
static gboolean
watch_console(xmlNode *domain, const char *path)
{
    xmlNode *node = xml_node(domain, "./devices/serial[target/@port='0']");
    xmlNode *source;

    if (!node)
        node = xml_node(domain, "./devices/serial");
    if (!node)
        node = xml_node(domain, "./devices/console");
    if (!node)
        return FALSE;
    node_set(node, "type", "file");
    source = xml_add(node, "source", NULL);
    xml_set(source, "path", path);
    xml_set(source, "append", "off");

    return TRUE;
}

/* --- the rest ---------------------------------------------------------------------------- */

/* Lets random numbers come from the host's /dev/urandom, and sound go nowhere. */
static void
rewrite_backends(xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(domain, "./devices/rng");

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);

        nodes_remove(node, "./backend");
        node_set(xml_add(node, "backend", "/dev/urandom"), "model", "random");
    }
    if (xml_node(domain, "./devices/sound")) {
        xmlNode *audio = xml_add(xml_node(domain, "./devices"), "audio", NULL);

        xml_set(audio, "id", "1");
        xml_set(audio, "type", "none");
    }
}

/* Places the UEFI variables in the scratch directory, because libvirt would make them in a
 * directory of its own. */
static void
place_nvram(xmlNode *domain, const char *path)
{
    xmlNode *os = xml_node(domain, "./os[@firmware='efi' or loader/@type='pflash']");
    xmlNode *nvram = os ? xml_child(os, "nvram", NULL) : NULL;
    g_autofree char *named = nvram ? xml_text(nvram, ".") : NULL;

    if (!os || xml_node(os, "./loader[@stateless='yes']") ||
        (nvram && xml_node(nvram, "./source")) || (named && *g_strstrip(named)))
        return;
    node_set_text(node_need_child(os, "nvram"), path);
}

void
boot_domain(xmlNode *domain, const BootPlace *place, BootSigns *signs)
{
    signs->tpm = xml_node(domain, "./devices/tpm") != NULL;
    remove_all(domain);
    rewrite_boot_disks(domain, place);
    unplug_all(domain);
    signs->agent = rewrite_channels(domain);
    signs->console = watch_console(domain, place->console);
    rewrite_backends(domain);
    place_nvram(domain, place->nvram);
    node_replace_text(domain, "on_poweroff", "destroy");
    node_replace_text(domain, "on_reboot", "destroy");
    node_replace_text(domain, "on_crash", "destroy");
}
