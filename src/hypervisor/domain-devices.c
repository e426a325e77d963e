/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "hypervisor/domain-devices.h"
#include "util/xml.h"

/* The number of the base class of mass storage, as sysfs writes classes ("0x010802"). */
#define STORAGE_CLASS "0x01"

static guint
number_of(xmlNode *address, const char *name)
{
    g_autofree char *text = xml_attr(address, name);

    return text ? (guint)g_ascii_strtoull(text, NULL, 0) : 0;
}

/* A device that this host does not have now may be anything. */
static gboolean
may_be_storage(const char *address)
{
    g_autofree char *path = g_strdup_printf("/sys/bus/pci/devices/%s/class", address);
    g_autofree char *class = NULL;

    return !g_file_get_contents(path, &class, NULL, NULL) || g_str_has_prefix(class, STORAGE_CLASS);
}

static char *
name_pci(xmlNode *device)
{
    xmlNode *address = xml_node(device, "./source/address");
    g_autofree char *name = NULL;

    if (!address)
        return g_strdup("?");
    name = g_strdup_printf("%04x:%02x:%02x.%x", number_of(address, "domain"),
                           number_of(address, "bus"), number_of(address, "slot"),
                           number_of(address, "function"));

    return may_be_storage(name) ? g_steal_pointer(&name) : NULL;
}

/* An iSCSI device has a name, one behind an adapter of this host an address there, and an adapter
 * of its own a world-wide name. */
static char *
name_scsi(xmlNode *device)
{
    g_autofree char *adapter = xml_text(device, "./source/adapter/@name");
    xmlNode *address = xml_node(device, "./source/address");
    char *name = xml_text(device, "./source/@name");

    if (!name)
        name = xml_text(device, "./source/@wwpn");
    if (name || !adapter || !address)
        return name ? name : g_strdup("?");

    return g_strdup_printf("%s:%u:%u:%u", adapter, number_of(address, "bus"),
                           number_of(address, "target"), number_of(address, "unit"));
}

GPtrArray *
domain_devices_parse(xmlNode *domain)
{
    g_autoptr(GPtrArray) nodes = xml_nodes(
        domain, "./devices/hostdev[@type='scsi' or @type='scsi_host' or @type='pci']");
    GPtrArray *names = g_ptr_array_new_with_free_func(g_free);

    for (guint i = 0; i < nodes->len; i++) {
        xmlNode *node = g_ptr_array_index(nodes, i);
        g_autofree char *type = xml_attr(node, "type");
        char *name = g_str_equal(type, "pci") ? name_pci(node) : name_scsi(node);

        if (name)
            g_ptr_array_add(names, name);
    }

    return names;
}
