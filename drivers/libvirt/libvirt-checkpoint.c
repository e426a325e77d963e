/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-checkpoint.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-job.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "util/xml.h"

/* --- looking ---------------------------------------------------------------- */

/* The description of a checkpoint that virtsnap made is its id, followed by a space and the path of
 * the export of its moment, if there is one. */
static void
read_description(const char *text, HypervisorCheckpoint *self)
{
    const char *end = text ? strchr(text, ' ') : NULL;

    self->id = end ? g_strndup(text, (gsize)(end - text)) : g_strdup(text);
    self->export = end && end[1] == '/' ? g_strdup(end + 1) : NULL;
}

static void
read_basics(virDomainCheckpointPtr checkpoint, HypervisorCheckpoint *self)
{
    g_autofree char *xml =
        libvirt_take_string(virDomainCheckpointGetXMLDesc(checkpoint, 0));
    g_autoptr(xmlDoc) doc =
        xml ? xml_parse(xml, strlen(xml), "domaincheckpoint", NULL) : NULL;
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *time = root ? xml_text(root, "/domaincheckpoint/creationTime") : NULL;
    g_autofree char *text = root ? xml_text(root, "/domaincheckpoint/description") : NULL;

    self->creation_time = time ? g_ascii_strtoll(time, NULL, 10) : 0;
    read_description(text, self);
}

static HypervisorCheckpointDisk *
checkpoint_disk_new(xmlNode *node)
{
    HypervisorCheckpointDisk *self = g_new0(HypervisorCheckpointDisk, 1);
    g_autofree char *size = xml_attr(node, "size");

    self->target = xml_attr(node, "name");
    self->whole = size != NULL;
    self->bytes = size ? g_ascii_strtoull(size, NULL, 10) : 0;

    return self;
}

/* libvirt reports how much of a disk has changed since the checkpoint only if all bitmaps from the
 * checkpoint's on exist and are valid (qemuBlockBitmapChainIsValid()). */
static void
read_checkpoint_disks(virDomainCheckpointPtr checkpoint, HypervisorCheckpoint *self)
{
    g_autofree char *xml = libvirt_take_string(
        virDomainCheckpointGetXMLDesc(checkpoint, VIR_DOMAIN_CHECKPOINT_XML_SIZE));
    g_autoptr(xmlDoc) doc = xml ? xml_parse(xml, strlen(xml), "domaincheckpoint", NULL) : NULL;
    g_autoptr(GPtrArray) nodes = NULL;

    if (!xml)
        self->reason = g_strdup(virGetLastErrorMessage());
    if (!doc)
        return;
    nodes = xml_nodes(xmlDocGetRootElement(doc),
                      "/domaincheckpoint/disks/disk[@checkpoint='bitmap']");
    for (guint i = 0; i < nodes->len; i++) {
        HypervisorCheckpointDisk *disk = checkpoint_disk_new(g_ptr_array_index(nodes, i));

        g_ptr_array_add(self->disks, disk);
        if (!disk->whole && !self->reason)
            self->reason = g_strdup_printf(
                _("the bitmap of the disk '%s' is gone, or was not kept up to date"),
                disk->target);
    }
}

static HypervisorCheckpoint *
checkpoint_new(virDomainCheckpointPtr checkpoint, gboolean active)
{
    HypervisorCheckpoint *self = g_new0(HypervisorCheckpoint, 1);

    self->name = g_strdup(virDomainCheckpointGetName(checkpoint));
    self->disks =
        g_ptr_array_new_with_free_func((GDestroyNotify)hypervisor_checkpoint_disk_free);
    read_basics(checkpoint, self);
    if (active)
        read_checkpoint_disks(checkpoint, self);
    self->broken = self->reason != NULL;

    return self;
}

/* While a domain is being migrated or saved libvirt does not answer: it waits for half a minute. */
static gboolean
can_ask_disks(virDomainPtr domain)
{
    return virDomainIsActive(domain) > 0 && !domain_job_locks(libvirt_job_of(domain));
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
    active = can_ask_disks(domain);
    if (virDomainListAllCheckpoints(domain, &list, VIR_DOMAIN_CHECKPOINT_LIST_TOPOLOGICAL) < 0) {
        libvirt_error_set(error, _("Cannot list the checkpoints of the domain '%s'"), name);
        return NULL;
    }
    for (CheckpointList next = list; *next; next++)
        g_ptr_array_add(found, checkpoint_new(*next, active));

    return g_steal_pointer(&found);
}

/* Returns: NULL with libvirt's error, or NOT_FOUND. */
static virDomainCheckpointPtr
look_up_checkpoint(virDomainPtr domain, const char *name, GError **error)
{
    virDomainCheckpointPtr found = virDomainCheckpointLookupByName(domain, name, 0);

    if (found)
        return found;
    if (virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_CHECKPOINT)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND,
                    _("The domain '%s' has no checkpoint '%s'"), virDomainGetName(domain), name);
    else
        libvirt_error_set(error, _("Cannot look for the checkpoint '%s' of the domain '%s'"),
                          name, virDomainGetName(domain));

    return NULL;
}

HypervisorCheckpoint *
libvirt_checkpoint_find(Hypervisor *hypervisor, const char *name, const char *checkpoint,
                        GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        libvirt_domain_by_name(libvirt_connection(hypervisor), name, error);
    virDomainCheckpointPtr found = domain ? look_up_checkpoint(domain, checkpoint, error) : NULL;
    HypervisorCheckpoint *self;

    if (!found)
        return NULL;
    self = checkpoint_new(found, can_ask_disks(domain));
    virDomainCheckpointFree(found);

    return self;
}

/* --- making and removing ------------------------------------------------------ */

static void
add_checkpoint_disks(xmlNode *disks, GPtrArray *targets, const char *word)
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
    g_autofree char *text = g_strjoin(" ", request->id, request->export, NULL);
    xmlNode *disks;

    xmlDocSetRootElement(doc, root);
    xml_add(root, "name", request->name);
    if (request->id)
        xml_add(root, "description", text);
    disks = xml_add(root, "disks", NULL);
    add_checkpoint_disks(disks, request->tracked, "bitmap");
    add_checkpoint_disks(disks, request->untracked, "no");

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
check_free_to_delete(virDomainPtr domain, const char *checkpoint, GError **error)
{
    const char *name = virDomainGetName(domain);
    const char *job = libvirt_job_of(domain);
    g_autofree char *text = NULL;

    if (!domain_job_locks(job))
        return TRUE;
    text = domain_job_describe(job, name);
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("Cannot delete the checkpoint '%s' of the domain '%s': %s"), checkpoint, name,
                text);

    return FALSE;
}

static gboolean
delete_checkpoint(virDomainCheckpointPtr checkpoint, const char *domain, gboolean *forgotten,
                  GError **error)
{
    const char *name = virDomainCheckpointGetName(checkpoint);

    if (virDomainCheckpointDelete(checkpoint, 0) == 0)
        return TRUE;
    /* The checkpoint can be deleted later. */
    if (virGetLastErrorCode() == VIR_ERR_OPERATION_TIMEOUT) {
        libvirt_error_set(error, _("Cannot delete the checkpoint '%s' of the domain '%s'"), name,
                          domain);
        return FALSE;
    }
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
    g_autoptr(GError) why = NULL;
    virDomainCheckpointPtr found;
    gboolean done;

    *forgotten = FALSE;
    if (!domain || !check_free_to_delete(domain, checkpoint, error))
        return FALSE;
    found = look_up_checkpoint(domain, checkpoint, &why);
    if (!found && g_error_matches(why, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_FOUND))
        return TRUE;
    if (!found) {
        g_propagate_error(error, g_steal_pointer(&why));
        return FALSE;
    }
    done = delete_checkpoint(found, name, forgotten, error);
    virDomainCheckpointFree(found);

    return done;
}
