/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "drivers/libvirt/libvirt-define.h"
#include "drivers/libvirt/libvirt-domains.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "util/xml.h"

/* Removes all metadata of the domain from libvirt. Its files are kept, because import removes its
 * own files itself. */
#define UNDEFINE_FLAGS                                                                            \
    (VIR_DOMAIN_UNDEFINE_MANAGED_SAVE | VIR_DOMAIN_UNDEFINE_SNAPSHOTS_METADATA |                  \
     VIR_DOMAIN_UNDEFINE_CHECKPOINTS_METADATA)

static virDomainPtr
look_up_domain(Hypervisor *hypervisor, const char *name, GError **error)
{
    return libvirt_domain_by_name(libvirt_connection(hypervisor), name, error);
}

static gboolean
domain_exists(virConnectPtr connection, const char *name, const char *uuid, GError **error)
{
    g_autoptr(LibvirtDomain) named = virDomainLookupByName(connection, name);
    g_autoptr(LibvirtDomain) same = NULL;

    if (!named && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        same = virDomainLookupByUUIDString(connection, uuid);
    if (!named && !same && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return FALSE;
    if (!named && !same)
        libvirt_error_set(error, _("Cannot look for the domain '%s'"), name);
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ALREADY_EXISTS,
                    _("There is a domain '%s' already, or one with its UUID %s"), name, uuid);

    return TRUE;
}

/* Checks that there is no such domain yet, because virDomainDefineXML() would redefine it. */
static gboolean
check_domain_new(virConnectPtr connection, const char *xml, GError **error)
{
    g_autoptr(xmlDoc) doc = xml_parse(xml, strlen(xml), _("the domain's XML"), error);
    xmlNode *root = doc ? xmlDocGetRootElement(doc) : NULL;
    g_autofree char *name = root ? xml_text(root, "./name") : NULL;
    g_autofree char *uuid = root ? xml_text(root, "./uuid") : NULL;

    if (root && name && uuid)
        return !domain_exists(connection, name, uuid, error);
    if (root)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_PARAMETER,
                    _("The domain's XML has no name, or no UUID"));

    return FALSE;
}

gboolean
libvirt_define(Hypervisor *hypervisor, const char *xml, GError **error)
{
    virConnectPtr connection = libvirt_connection(hypervisor);
    g_autoptr(LibvirtDomain) domain = NULL;

    if (!check_domain_new(connection, xml, error))
        return FALSE;
    domain = virDomainDefineXMLFlags(connection, xml, 0);
    if (!domain)
        libvirt_error_set(error, _("Cannot define the domain"));

    return domain != NULL;
}

DomainRecord *
libvirt_describe(Hypervisor *hypervisor, const char *word, gboolean *running, GError **error)
{
    virConnectPtr connection = libvirt_connection(hypervisor);
    g_autoptr(LibvirtDomain) domain = g_uuid_string_is_valid(word)
                                          ? virDomainLookupByUUIDString(connection, word)
                                          : virDomainLookupByName(connection, word);
    g_autoptr(DomainRecord) record = NULL;
    int state = VIR_DOMAIN_NOSTATE;

    *running = FALSE;
    if (!domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return NULL;
    if (!domain) {
        libvirt_error_set(error, _("Cannot look for the domain '%s'"), word);
        return NULL;
    }
    if (virDomainGetState(domain, &state, NULL, 0) < 0) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), virDomainGetName(domain));
        return NULL;
    }
    record = libvirt_domain_describe(domain, FALSE, error);
    *running = record && record->active && state != VIR_DOMAIN_PAUSED;

    return g_steal_pointer(&record);
}

static gboolean
destroy_domain(virDomainPtr domain, GError **error)
{
    if (virDomainIsActive(domain) != 1 || virDomainDestroy(domain) == 0 ||
        virDomainIsActive(domain) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot end the domain '%s'"), virDomainGetName(domain));

    return FALSE;
}

gboolean
libvirt_undefine(Hypervisor *hypervisor, const char *uuid, gboolean variables, GError **error)
{
    unsigned int flags = UNDEFINE_FLAGS | (variables ? VIR_DOMAIN_UNDEFINE_NVRAM
                                                     : VIR_DOMAIN_UNDEFINE_KEEP_NVRAM);
    g_autoptr(LibvirtDomain) domain =
        virDomainLookupByUUIDString(libvirt_connection(hypervisor), uuid);

    if (!domain && virGetLastErrorCode() == VIR_ERR_NO_DOMAIN)
        return TRUE;
    if (!domain) {
        libvirt_error_set(error, _("Cannot look for the domain with the UUID %s"), uuid);
        return FALSE;
    }
    if (!destroy_domain(domain, error))
        return FALSE;
    if (virDomainUndefineFlags(domain, flags) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot undefine the domain '%s'"), virDomainGetName(domain));

    return FALSE;
}

gboolean
libvirt_redefine_snapshot(Hypervisor *hypervisor, const char *name, const char *xml,
                          gboolean current, GError **error)
{
    unsigned int flags = VIR_DOMAIN_SNAPSHOT_CREATE_REDEFINE |
                         (current ? VIR_DOMAIN_SNAPSHOT_CREATE_CURRENT : 0);
    g_autoptr(LibvirtDomain) domain = look_up_domain(hypervisor, name, error);
    g_autoptr(LibvirtSnapshot) snapshot = NULL;

    if (!domain)
        return FALSE;
    snapshot = virDomainSnapshotCreateXML(domain, xml, flags);
    if (!snapshot)
        libvirt_error_set(error, _("Cannot define a snapshot of the domain '%s'"), name);

    return snapshot != NULL;
}

gboolean
libvirt_start_domain(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtDomain) domain = look_up_domain(hypervisor, name, error);

    if (!domain)
        return FALSE;
    if (virDomainCreateWithFlags(domain, VIR_DOMAIN_START_PAUSED) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot start the domain '%s'"), name);

    return FALSE;
}

/* Makes a managed save image of the restored memory state. libvirt has no function to install a
 * file as managed save image, so the paused domain is saved again without having run. */
static gboolean
save_managed(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtDomain) domain = look_up_domain(hypervisor, name, error);

    if (!domain)
        return FALSE;
    if (virDomainManagedSave(domain, VIR_DOMAIN_SAVE_RUNNING) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot save the memory state of the domain '%s'"), name);

    return FALSE;
}

gboolean
libvirt_restore(Hypervisor *hypervisor, const char *name, const char *file, gboolean save,
                GError **error)
{
    virConnectPtr connection = libvirt_connection(hypervisor);

    if (virDomainRestoreFlags(connection, file, NULL, VIR_DOMAIN_SAVE_PAUSED) < 0) {
        libvirt_error_set(error, _("Cannot restore the memory state of the domain '%s'"), name);
        return FALSE;
    }

    return !save || save_managed(hypervisor, name, error);
}

gboolean
libvirt_revert(Hypervisor *hypervisor, const char *name, const char *snapshot_name,
               gboolean save, GError **error)
{
    g_autoptr(LibvirtDomain) domain = look_up_domain(hypervisor, name, error);
    g_autoptr(LibvirtSnapshot) snapshot = NULL;

    if (!domain)
        return FALSE;
    snapshot = virDomainSnapshotLookupByName(domain, snapshot_name, 0);
    if (!snapshot ||
        virDomainRevertToSnapshot(snapshot, VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED) < 0) {
        libvirt_error_set(error, _("Cannot restore the snapshot '%s' of the domain '%s'"),
                          snapshot_name, name);
        return FALSE;
    }

    return !save || save_managed(hypervisor, name, error);
}

gboolean
libvirt_resume(Hypervisor *hypervisor, const char *name, GError **error)
{
    g_autoptr(LibvirtDomain) domain = look_up_domain(hypervisor, name, error);

    if (!domain)
        return FALSE;
    if (virDomainResume(domain) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot resume the domain '%s'"), name);

    return FALSE;
}

char *
libvirt_capabilities(Hypervisor *hypervisor, GError **error)
{
    char *text = virConnectGetCapabilities(libvirt_connection(hypervisor));
    char *copy = g_strdup(text);

    if (!text)
        libvirt_error_set(error, _("Cannot ask libvirt for the host's capabilities"));
    free(text);

    return copy;
}

/* Parses a DAC label of numbers, as "+64055:+108". */
static gboolean
parse_dac_label(const char *label, HypervisorOwner *owner)
{
    return sscanf(label, "+%u:+%u", &owner->uid, &owner->gid) == 2;
}

/* Finds the owner for images. If libvirt does not change the owner of images, they must belong to
 * the user of its daemon, which is root or the user of this process. */
gboolean
libvirt_owner(Hypervisor *hypervisor, HypervisorOwner *owner, GError **error)
{
    g_autofree char *text = libvirt_capabilities(hypervisor, error);
    g_autoptr(xmlDoc) doc =
        text ? xml_parse(text, strlen(text), _("the host's capabilities"), error) : NULL;
    g_autofree char *label = NULL;

    if (!doc)
        return FALSE;
    label = xml_text(xmlDocGetRootElement(doc),
                     "./host/secmodel[model='dac']/baselabel[@type='kvm' or @type='qemu']");
    if (!label || !parse_dac_label(label, owner))
        *owner = (HypervisorOwner){geteuid(), getegid()};

    return TRUE;
}
