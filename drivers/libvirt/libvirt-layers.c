/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-commit.h"
#include "drivers/libvirt/libvirt-define.h"
#include "drivers/libvirt/libvirt-layers.h"
#include "drivers/libvirt/libvirt-lists.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-set.h"
#include "drivers/libvirt/libvirt-survey.h"

static GPtrArray *
survey_domains(Hypervisor *hypervisor, GError **error)
{
    return libvirt_survey(libvirt_connection(hypervisor), error);
}

/* --- block jobs ------------------------------------------------------------------ */

static gboolean
block_job(Hypervisor *hypervisor, const char *uuid, const char *target, guint *type, guint64 *cur,
          guint64 *end, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    return domain && libvirt_block_job(domain, target, type, cur, end, error);
}

static HypervisorCommit *
commit_begin(Hypervisor *hypervisor, const char *uuid, const char *target, const char *base,
             const char *top, gboolean active, guint64 bandwidth, gboolean adopt, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    return domain ? libvirt_commit_begin(domain, target, base, top, active, bandwidth, adopt,
                                         error)
                  : NULL;
}

static HypervisorCommit *
pull_begin(Hypervisor *hypervisor, const char *uuid, const char *target, guint64 bandwidth,
           gboolean adopt, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    return domain ? libvirt_pull_begin(domain, target, bandwidth, adopt, error) : NULL;
}

/* --- definitions ------------------------------------------------------------------ */

static gboolean
redefine_domain(Hypervisor *hypervisor, const char *xml, GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        virDomainDefineXMLFlags(libvirt_connection(hypervisor), xml, 0);

    if (!domain)
        libvirt_error_set(error, _("Cannot define the domain anew"));

    return domain != NULL;
}

static gboolean
take_snapshot(Hypervisor *hypervisor, const char *uuid, const char *xml, gboolean disks_only,
              GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    g_autoptr(LibvirtSnapshot) snapshot = NULL;
    unsigned int flags = VIR_DOMAIN_SNAPSHOT_CREATE_ATOMIC |
                         (disks_only ? VIR_DOMAIN_SNAPSHOT_CREATE_DISK_ONLY : 0);

    if (!domain)
        return FALSE;
    snapshot = virDomainSnapshotCreateXML(domain, xml, flags);
    if (!snapshot)
        libvirt_error_set(error, _("Cannot take a snapshot of the domain '%s'"),
                          virDomainGetName(domain));

    return snapshot != NULL;
}

/* --- going back --------------------------------------------------------------------- */

static gboolean
reverts_external(Hypervisor *hypervisor)
{
    g_autofree char *text = libvirt_capabilities(hypervisor, NULL);

    return text && strstr(text, "<externalSnapshot/>");
}

static gboolean
revert_domain(Hypervisor *hypervisor, const char *uuid, const char *name, RevertState state,
              GError **error)
{
    static const unsigned int flags[] = {
        [REVERT_AS_IT_WAS] = 0,
        [REVERT_RUNNING] = VIR_DOMAIN_SNAPSHOT_REVERT_RUNNING,
        [REVERT_PAUSED] = VIR_DOMAIN_SNAPSHOT_REVERT_PAUSED,
    };
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    g_autoptr(LibvirtSnapshot) snapshot = NULL;

    if (!domain)
        return FALSE;
    snapshot = virDomainSnapshotLookupByName(domain, name, 0);
    if (snapshot && virDomainRevertToSnapshot(
                        snapshot, flags[state] | VIR_DOMAIN_SNAPSHOT_REVERT_FORCE) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot restore the snapshot '%s' of the domain '%s'"), name,
                      virDomainGetName(domain));

    return FALSE;
}

static gboolean
stop_domain(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    if (!domain)
        return FALSE;
    if (virDomainIsActive(domain) == 0 || virDomainDestroy(domain) == 0 ||
        virDomainIsActive(domain) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot end the domain '%s'"), virDomainGetName(domain));

    return FALSE;
}

static gboolean
start_domain(Hypervisor *hypervisor, const char *uuid, gboolean paused, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    if (!domain)
        return FALSE;
    if (virDomainCreateWithFlags(domain, paused ? VIR_DOMAIN_START_PAUSED : 0) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot start the domain '%s'"), virDomainGetName(domain));

    return FALSE;
}

static gboolean
pause_domain(Hypervisor *hypervisor, const char *uuid, gboolean pause, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    if (!domain)
        return FALSE;
    if ((pause ? virDomainSuspend(domain) : virDomainResume(domain)) == 0)
        return TRUE;
    libvirt_error_set(error, pause ? _("Cannot pause the domain '%s'")
                                   : _("Cannot resume the domain '%s'"),
                      virDomainGetName(domain));

    return FALSE;
}

static char *
saved_xml(Hypervisor *hypervisor, const char *file, GError **error)
{
    char *xml = virDomainSaveImageGetXMLDesc(libvirt_connection(hypervisor), file,
                                             VIR_DOMAIN_SAVE_IMAGE_XML_SECURE);

    if (!xml)
        libvirt_error_set(error, _("Cannot read the memory state '%s'"), file);

    return libvirt_take_string(xml);
}

static gboolean
restore_with(Hypervisor *hypervisor, const char *file, const char *xml, gboolean paused,
             GError **error)
{
    if (virDomainRestoreFlags(libvirt_connection(hypervisor), file, xml,
                              paused ? VIR_DOMAIN_SAVE_PAUSED : VIR_DOMAIN_SAVE_RUNNING) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot restore the memory state '%s'"), file);

    return FALSE;
}

const HypervisorLayerOps libvirt_layer_ops = {
    .survey = survey_domains,
    .block_job = block_job,
    .commit_begin = commit_begin,
    .pull_begin = pull_begin,
    .commit_wait = libvirt_commit_wait,
    .commit_set_speed = libvirt_commit_set_speed,
    .commit_pivot = libvirt_commit_pivot,
    .commit_abort = libvirt_commit_abort,
    .commit_end = libvirt_commit_end,
    .redefine = redefine_domain,
    .delete_snapshot = libvirt_snapshot_forget,
    .take_snapshot = take_snapshot,
    .reverts_external = reverts_external,
    .revert = revert_domain,
    .stop = stop_domain,
    .start = start_domain,
    .pause = pause_domain,
    .saved_xml = saved_xml,
    .restore_with = restore_with,
};
