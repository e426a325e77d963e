/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>

#include "drivers/libvirt/libvirt-boot.h"
#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"

/* How long an agent may take to answer, in seconds. */
#define AGENT_SECONDS 5

static gboolean
pass_files(virDomainPtr domain, const BootFile *files, guint n_files, GError **error)
{
    for (guint i = 0; i < n_files; i++) {
        int fd = files[i].fd;

        if (virDomainFDAssociate(domain, files[i].group, 1, &fd, 0) == 0)
            continue;
        libvirt_error_set(error, _("Cannot hand an image over to libvirt"));
        return FALSE;
    }

    return TRUE;
}

/* libvirt destroys the domain when the connection closes, and so when this process is killed. The
 * embedded driver, which is part of this process, cannot do that. */
static unsigned int
start_flags(Hypervisor *hypervisor)
{
    const LibvirtPlace *place = ((LibvirtHypervisor *)hypervisor)->place;

    return libvirt_place_is_embedded(place) ? 0 : VIR_DOMAIN_START_AUTODESTROY;
}

static gboolean
boot_start(Hypervisor *hypervisor, const char *xml, const BootFile *files, guint n_files,
           GError **error)
{
    g_autoptr(LibvirtDomain) domain =
        virDomainDefineXMLFlags(libvirt_connection(hypervisor), xml, 0);

    if (!domain) {
        libvirt_error_set(error, _("Cannot define the domain"));
        return FALSE;
    }
    if (!pass_files(domain, files, n_files, error))
        return FALSE;
    if (virDomainCreateWithFlags(domain, start_flags(hypervisor)) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot start the domain"));

    return FALSE;
}

static const char *
pause_reason(int reason)
{
    switch (reason) {
    case VIR_DOMAIN_PAUSED_IOERROR:
        return _("one of its disks could not be read or written");
    case VIR_DOMAIN_PAUSED_CRASHED:
        return _("its kernel has panicked");
    default:
        return _("it was paused");
    }
}

static gboolean
boot_look(Hypervisor *hypervisor, const char *uuid, BootState *state, char **why, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    int number = VIR_DOMAIN_NOSTATE;
    int reason = 0;

    *why = NULL;
    if (!domain)
        return FALSE;
    if (virDomainGetState(domain, &number, &reason, 0) < 0) {
        libvirt_error_set(error, _("Cannot read the domain '%s'"), virDomainGetName(domain));
        return FALSE;
    }
    if (number == VIR_DOMAIN_PAUSED) {
        *state = BOOT_STANDS;
        *why = g_strdup(pause_reason(reason));
    } else if (number == VIR_DOMAIN_RUNNING || number == VIR_DOMAIN_BLOCKED ||
               number == VIR_DOMAIN_PMSUSPENDED) {
        *state = BOOT_RUNS;
    } else {
        *state = BOOT_ENDED;
        *why = g_strdup(_("it was reset, or ended by itself"));
    }

    return TRUE;
}

/* Any agent tells the time (guest-get-time), or says that it is not allowed to, which is an answer
 * as well. */
static gboolean
boot_agent_answers(Hypervisor *hypervisor, const char *uuid)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, NULL);
    long long seconds;
    unsigned int nanoseconds;
    virErrorPtr last;

    if (!domain || virDomainAgentSetResponseTimeout(domain, AGENT_SECONDS, 0) < 0)
        return FALSE;
    if (virDomainGetTime(domain, &seconds, &nanoseconds, 0) == 0)
        return TRUE;
    last = virGetLastError();

    return last && last->domain == VIR_FROM_QEMU && last->code == VIR_ERR_INTERNAL_ERROR &&
           last->message && g_strstr_len(last->message, -1, "guest-get-time");
}

const HypervisorBootOps libvirt_boot_ops = {
    .start = boot_start,
    .look = boot_look,
    .agent_answers = boot_agent_answers,
};
