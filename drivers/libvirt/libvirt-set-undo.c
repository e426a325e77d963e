/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-set.h"
#include "util/xml.h"

/* How long merging an overlay may take: it was made a moment ago and has hardly any data. */
#define MERGE_US (10 * 60 * G_USEC_PER_SEC)
#define POLL_US (G_USEC_PER_SEC / 50)

/* libvirt writes the metadata of a snapshot to NAME.xml.new and renames that. If it was killed in
 * between, it reads that file at its next start as any other, and so it would after it had deleted
 * NAME.xml: the snapshot came back. Defined again as it is, its file has its name. Where that fails
 * the snapshot is deleted as it is. */
static void
settle_metadata(virDomainPtr domain, virDomainSnapshotPtr snapshot)
{
    g_autofree char *xml = libvirt_take_string(
        virDomainSnapshotGetXMLDesc(snapshot, VIR_DOMAIN_SNAPSHOT_XML_SECURE));
    g_autoptr(LibvirtSnapshot) again = NULL;

    if (xml)
        again = virDomainSnapshotCreateXML(domain, xml, VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE);
}

char *
libvirt_snapshot_describe(Hypervisor *hypervisor, const char *uuid, const char *name,
                          GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    g_autoptr(LibvirtSnapshot) snapshot = NULL;
    g_autofree char *text = NULL;
    g_autoptr(xmlDoc) doc = NULL;
    char *description;

    if (!domain)
        return NULL;
    snapshot = virDomainSnapshotLookupByName(domain, name, 0);
    text = snapshot ? libvirt_take_string(virDomainSnapshotGetXMLDesc(snapshot, 0)) : NULL;
    if (!text) {
        libvirt_error_set(error, _("Cannot look at the snapshot '%s' of the domain '%s'"), name,
                          virDomainGetName(domain));
        return NULL;
    }
    doc = xml_parse(text, strlen(text), name, error);
    if (!doc)
        return NULL;
    description = xml_text(xmlDocGetRootElement(doc), "./description");

    return description ? description : g_strdup("");
}

gboolean
libvirt_snapshot_forget(Hypervisor *hypervisor, const char *uuid, const char *name,
                        gboolean metadata, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    unsigned int flags = metadata ? VIR_DOMAIN_SNAPSHOT_DELETE_METADATA_ONLY : 0;
    g_autoptr(LibvirtSnapshot) snapshot = NULL;

    if (!domain)
        return FALSE;
    snapshot = virDomainSnapshotLookupByName(domain, name, 0);
    if (!snapshot && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN_SNAPSHOT)
        return TRUE;
    if (snapshot)
        settle_metadata(domain, snapshot);
    if (snapshot && virDomainSnapshotDelete(snapshot, flags) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot remove the snapshot '%s' of the domain '%s'"), name,
                      virDomainGetName(domain));

    return FALSE;
}

/* --- domains that run ------------------------------------------------------------------ */

static xmlNode *
find_undo_disk(xmlDoc *doc, const char *target)
{
    g_autoptr(GPtrArray) disks = xml_nodes(xmlDocGetRootElement(doc), "./devices/disk");

    for (guint i = 0; i < disks->len; i++) {
        g_autofree char *dev = xml_text(g_ptr_array_index(disks, i), "./target/@dev");

        if (g_strcmp0(dev, target) == 0)
            return g_ptr_array_index(disks, i);
    }

    return NULL;
}

/* Returns: the text that the XPath @path selects in the present XML of the disk @target. */
static char *
ask_disk(virDomainPtr domain, const char *target, const char *path)
{
    g_autofree char *text = libvirt_take_string(virDomainGetXMLDesc(domain, 0));
    g_autoptr(xmlDoc) doc = text ? xml_parse(text, strlen(text), "domain", NULL) : NULL;
    xmlNode *disk = doc ? find_undo_disk(doc, target) : NULL;

    return disk ? xml_text(disk, path) : NULL;
}

/* libvirt refuses to pivot before it has reported that the job is ready. */
static gboolean
await_commit_ready(virDomainPtr domain, const char *target, GError **error)
{
    gint64 until = g_get_monotonic_time() + MERGE_US;

    while (g_get_monotonic_time() < until) {
        g_autofree char *ready = ask_disk(domain, target, "./mirror/@ready");
        virDomainBlockJobInfo info;

        if (g_strcmp0(ready, "yes") == 0)
            return TRUE;
        if (virDomainGetBlockJobInfo(domain, target, &info, 0) != 1)
            break;
        g_usleep(POLL_US);
    }
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("The disk '%s' of the domain '%s' cannot be merged back: its block job does not "
                  "get ready"),
                target, virDomainGetName(domain));
    virDomainBlockJobAbort(domain, target, 0);

    return FALSE;
}

/* Sets an error if @overlay is below the image that the domain writes to. */
static gboolean
check_not_below(virDomainPtr domain, xmlNode *disk, const char *overlay, GError **error)
{
    g_autoptr(GPtrArray) below = xml_nodes(disk, ".//backingStore/source/@file");

    for (guint i = 0; i < below->len; i++) {
        g_autofree char *file = xml_text(g_ptr_array_index(below, i), ".");

        if (g_strcmp0(file, overlay) != 0)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                    _("The domain '%s' has another image above '%s', and is left as it is"),
                    virDomainGetName(domain), overlay);
        return FALSE;
    }

    return TRUE;
}

/* Returns: whether the disk's block job, if it has one, is the commit that an interrupted call of
 * merge_back() has begun: into @below, and nowhere else. */
static gboolean
check_job(virDomainPtr domain, xmlNode *disk, const char *target, const char *below,
          gboolean *begun, GError **error)
{
    g_autofree char *job = xml_text(disk, "./mirror/@job");
    g_autofree char *into = xml_text(disk, "./mirror/source/@file");

    *begun = job != NULL;
    if (!job || (g_str_equal(job, "active-commit") && g_strcmp0(into, below) == 0))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                _("The disk '%s' of the domain '%s' has a block job of somebody else (virsh "
                  "blockjob shows it); wait for its end"),
                target, virDomainGetName(domain));

    return FALSE;
}

/* What is merged into is the image directly below, which the domain wrote to before. Another
 * program may have put one there after the set was planned: that of the plan is below that then,
 * frozen, and must stay so. */
static gboolean
merge_overlay(virDomainPtr domain, xmlNode *disk, const char *target, GError **error)
{
    unsigned int flags = VIR_DOMAIN_BLOCK_COMMIT_ACTIVE | VIR_DOMAIN_BLOCK_COMMIT_SHALLOW;
    g_autofree char *below = xml_text(disk, "./backingStore/source/@file");
    gboolean begun;

    if (!check_job(domain, disk, target, below, &begun, error))
        return FALSE;
    if (begun || virDomainBlockCommit(domain, target, NULL, NULL, 0, flags) == 0) {
        if (!await_commit_ready(domain, target, error))
            return FALSE;
        if (virDomainBlockJobAbort(domain, target, VIR_DOMAIN_BLOCK_JOB_ABORT_PIVOT) == 0)
            return TRUE;
    }
    libvirt_error_set(error, _("Cannot merge the disk '%s' of the domain '%s' back into '%s'"),
                      target, virDomainGetName(domain), below ? below : "?");

    return FALSE;
}

gboolean
libvirt_snapshot_merge_back(Hypervisor *hypervisor, const char *uuid, const char *target,
                            const char *overlay, gboolean *merged, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    g_autofree char *text = domain ? libvirt_take_string(virDomainGetXMLDesc(domain, 0)) : NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *present = NULL;
    xmlNode *disk;

    if (!domain)
        return FALSE;
    if (!text) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), virDomainGetName(domain));
        return FALSE;
    }
    doc = xml_parse(text, strlen(text), _("the domain's XML"), error);
    if (!doc)
        return FALSE;
    disk = find_undo_disk(doc, target);
    present = disk ? xml_text(disk, "./source/@file") : NULL;
    *merged = disk && g_strcmp0(present, overlay) == 0;
    if (*merged)
        return merge_overlay(domain, disk, target, error);

    return !disk || check_not_below(domain, disk, overlay, error);
}

/* --- domains that are shut off ----------------------------------------------------------- */

/* Removes the overlay from the chain: the image that libvirt has put below it becomes the top image
 * again. */
static void
lift_backing(xmlNode *disk, const char *source)
{
    xmlNode *outer = xml_child(disk, "backingStore", NULL);
    g_autofree char *file = outer ? xml_text(outer, "./source/@file") : NULL;
    xmlNode *inner = outer ? xml_child(outer, "backingStore", NULL) : NULL;

    if (g_strcmp0(file, source) != 0)
        return;
    xmlUnlinkNode(outer);
    if (inner) {
        xmlUnlinkNode(inner);
        xmlAddChild(disk, inner);
    }
    xmlFreeNode(outer);
}

static gboolean
define_again(virConnectPtr connection, xmlDoc *doc, const char *name, GError **error)
{
    g_autofree char *text = xml_doc_to_string(doc);
    g_autoptr(LibvirtDomain) domain = virDomainDefineXML(connection, text);

    if (!domain)
        libvirt_error_set(error, _("Cannot define the domain '%s'"), name);

    return domain != NULL;
}

gboolean
libvirt_snapshot_point_back(Hypervisor *hypervisor, const char *uuid, const char *target,
                            const char *overlay, const char *source, const char *format,
                            GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    unsigned int flags = VIR_DOMAIN_XML_INACTIVE | VIR_DOMAIN_XML_SECURE;
    g_autofree char *text =
        domain ? libvirt_take_string(virDomainGetXMLDesc(domain, flags)) : NULL;
    g_autoptr(xmlDoc) doc = NULL;
    g_autofree char *present = NULL;
    xmlNode *disk;

    if (!domain)
        return FALSE;
    if (!text) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), virDomainGetName(domain));
        return FALSE;
    }
    doc = xml_parse(text, strlen(text), _("the domain's XML"), error);
    disk = doc ? find_undo_disk(doc, target) : NULL;
    present = disk ? xml_text(disk, "./source/@file") : NULL;
    if (!doc)
        return FALSE;
    if (g_strcmp0(present, overlay) != 0)
        return TRUE;
    xmlSetProp(xml_child(disk, "source", NULL), BAD_CAST "file", BAD_CAST source);
    xmlSetProp(xml_child(disk, "driver", NULL), BAD_CAST "type", BAD_CAST format);
    lift_backing(disk, source);

    return define_again(libvirt_connection(hypervisor), doc, virDomainGetName(domain), error);
}
