/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-domains.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-present.h"
#include "drivers/libvirt/libvirt-volumes.h"
#include "hypervisor/snapshot-def.h"
#include "util/xml.h"

/* Appends the document @xml as the element @name. */
static xmlNode *
add_present_domain(xmlNode *root, const char *name, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("the domain's XML"), error);
    xmlNode *node = doc ? xmlDocCopyNode(xmlDocGetRootElement(doc), root->doc, 1) : NULL;

    if (!node)
        return NULL;
    xmlNodeSetName(node, BAD_CAST name);
    xmlAddChild(root, node);

    return node;
}

static void
add_present_disks(xmlNode *root, xmlNode *domain)
{
    xmlNode *disks = xml_add(root, "disks", NULL);
    g_autoptr(GPtrArray) written = xml_nodes(
        domain, "./devices/disk[not(readonly)][not(@device) or @device='disk' or @device='lun']");

    for (guint i = 0; i < written->len; i++) {
        g_autofree char *target = xml_text(g_ptr_array_index(written, i), "./target/@dev");
        xmlNode *disk = xml_add(disks, "disk", NULL);

        xml_set(disk, "name", target);
        xml_set(disk, "snapshot", snapshot_location_name(SNAPSHOT_LOCATION_LIVE));
    }
}

/* The domain that runs, and what it would be started with (libvirt's own snapshots of running
 * domains have both, too). */
static char *
format_present(const DomainRecord *record, const char *as, const char *inactive, GError **error)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "domainsnapshot", NULL);
    g_autofree char *now =
        g_strdup_printf("%" G_GINT64_FORMAT, g_get_real_time() / G_USEC_PER_SEC);
    xmlNode *domain;

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", as);
    xml_add(root, "state", record->active ? "running" : "shutoff");
    xml_add(root, "creationTime", now);
    domain = add_present_domain(root, "domain", record->xml, error);
    if (!domain || !add_present_domain(root, "inactiveDomain", inactive, error))
        return NULL;
    add_present_disks(root, domain);

    return xml_doc_to_string(doc);
}

DomainRecord *
libvirt_snapshot_of_present(virDomainPtr domain, const char *as, gboolean secure, GError **error)
{
    g_autoptr(DomainRecord) record = libvirt_domain_describe(domain, secure, error);
    unsigned int flags = VIR_DOMAIN_XML_INACTIVE | (secure ? VIR_DOMAIN_XML_SECURE : 0);
    g_autofree char *inactive = NULL;
    SnapshotRecord *one;

    if (!record)
        return NULL;
    inactive = libvirt_take_string(virDomainGetXMLDesc(domain, flags));
    if (!inactive) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), record->name);
        return NULL;
    }
    one = g_new0(SnapshotRecord, 1);
    one->name = g_strdup(as);
    g_ptr_array_add(record->snapshots, one);
    one->xml = format_present(record, as, inactive, error);
    if (!one->xml)
        return NULL;
    libvirt_volumes_find(virDomainGetConnect(domain), record);

    return g_steal_pointer(&record);
}
