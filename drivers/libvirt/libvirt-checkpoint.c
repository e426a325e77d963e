/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-checkpoint.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "util/xml.h"

/* --- looking ---------------------------------------------------------------- */

static gint64
time_of(virDomainCheckpointPtr checkpoint)
{
    g_autofree char *xml =
        libvirt_take_string(virDomainCheckpointGetXMLDesc(checkpoint, 0));
    g_autoptr(xmlDoc) doc =
        xml ? xml_parse(xml, strlen(xml), "domaincheckpoint", NULL) : NULL;
    g_autofree char *time =
        doc ? xml_text(xmlDocGetRootElement(doc), "/domaincheckpoint/creationTime") : NULL;

    return time ? g_ascii_strtoll(time, NULL, 10) : 0;
}

/* How much of a disk has changed since then libvirt tells only if every bitmap from there on is
 * there and whole (qemuBlockBitmapChainIsValid()). */
static char *
what_is_broken(virDomainCheckpointPtr checkpoint)
{
    g_autofree char *xml = libvirt_take_string(
        virDomainCheckpointGetXMLDesc(checkpoint, VIR_DOMAIN_CHECKPOINT_XML_SIZE));
    g_autofree char *why = xml ? NULL : g_strdup(virGetLastErrorMessage());
    g_autoptr(xmlDoc) doc = xml ? xml_parse(xml, strlen(xml), "domaincheckpoint", NULL) : NULL;
    g_autofree char *disk =
        doc ? xml_text(xmlDocGetRootElement(doc),
                       "/domaincheckpoint/disks/disk[@checkpoint='bitmap'][not(@size)]/@name")
            : NULL;

    if (!disk)
        return g_steal_pointer(&why);

    return g_strdup_printf(_("the bitmap of the disk '%s' is gone, or was not kept up to date"),
                           disk);
}

GPtrArray *
libvirt_checkpoints(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        libvirt_domain_by_name(libvirt_connection(hypervisor), name, error);
    g_autoptr(GPtrArray) found =
        g_ptr_array_new_with_free_func((GDestroyNotify)hypervisor_checkpoint_free);
    g_auto(CheckpointList) list = NULL;
    gboolean active;

    if (!domain)
        return NULL;
    active = virDomainIsActive(domain) > 0;
    if (virDomainListAllCheckpoints(domain, &list, VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL) < 0) {
        libvirt_error_set(error, _("Cannot list the checkpoints of the domain '%s'"), name);
        return NULL;
    }
    for (CheckpointList next = list; *next; next++) {
        HypervisorCheckpoint *one = g_new0(HypervisorCheckpoint, 1);

        one->name = g_strdup(virDomainCheckpointGetName(*next));
        one->creation_time = time_of(*next);
        one->reason = active ? what_is_broken(*next) : NULL;
        one->broken = one->reason != NULL;
        g_ptr_array_add(found, one);
    }

    return g_steal_pointer(&found);
}

/* --- making and removing ------------------------------------------------------ */

static void
add_disks(xmlNode *disks, GPtrArray *targets, const char *word)
{
    for (guint i = 0; i < targets->len; i++) {
        xmlNode *disk = xml_add(disks, "disk", NULL);

        xml_set(disk, "name", g_ptr_array_index(targets, i));
        xml_set(disk, "checkpoint", word);
    }
}

char *
libvirt_checkpoint_describe(const HypervisorCheckpointRequest *request)
{
    g_autoptr(xmlDoc) doc = xmlNewDoc(BAD_CAST "1.0");
    xmlNode *root = xmlNewDocNode(doc, NULL, BAD_CAST "domaincheckpoint", NULL);
    xmlNode *disks;

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", request->name);
    disks = xml_add(root, "disks", NULL);
    add_disks(disks, request->tracked, "bitmap");
    add_disks(disks, request->untracked, "no");

    return xml_doc_to_string(doc);
}

gboolean
libvirt_checkpoint_create(Hypervisor *hypervisor, const HypervisorCheckpointRequest *request,
                          GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        libvirt_domain_by_name(libvirt_connection(hypervisor), request->domain, error);
    g_autofree char *xml = libvirt_checkpoint_describe(request);
    virDomainCheckpointPtr made;

    if (!domain)
        return FALSE;
    made = virDomainCheckpointCreateXML(domain, xml, 0);
    if (made)
        virDomainCheckpointFree(made);
    else
        libvirt_error_set(error,
                          _("Cannot make the checkpoint '%s' of the domain '%s' (if its image has "
                            "a bitmap of that name already, as after a copy or a restart of a "
                            "transient domain, choose another name)"),
                          request->name, request->domain);

    return made != NULL;
}

static gboolean
delete(virDomainCheckpointPtr checkpoint, const char *domain, gboolean *forgotten, GError **error)
{
    const char *name = virDomainCheckpointGetName(checkpoint);

    if (virDomainCheckpointDelete(checkpoint, 0) == 0)
        return TRUE;
    g_debug("%s: %s", name, virGetLastErrorMessage());
    *forgotten = TRUE;
    if (virDomainCheckpointDelete(checkpoint, VIR_DOMAIN_CHECKPOINT_DELETE_METADATA_ONLY) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot delete the checkpoint '%s' of the domain '%s'"), name,
                      domain);

    return FALSE;
}

gboolean
libvirt_checkpoint_delete(Hypervisor *hypervisor, const char *name, const char *checkpoint,
                          gboolean *forgotten, GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        libvirt_domain_by_name(libvirt_connection(hypervisor), name, error);
    virDomainCheckpointPtr found;
    gboolean done;

    *forgotten = FALSE;
    if (!domain)
        return FALSE;
    found = virDomainCheckpointLookupByName(domain, checkpoint, 0);
    if (!found && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_CHECKPOINT)
        return TRUE;
    if (!found) {
        libvirt_error_set(error, _("Cannot look for the checkpoint '%s' of the domain '%s'"),
                          checkpoint, name);
        return FALSE;
    }
    done = delete(found, name, forgotten, error);
    virDomainCheckpointFree(found);

    return done;
}
