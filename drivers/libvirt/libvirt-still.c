/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#include "drivers/libvirt/libvirt-error.h"
#include "drivers/libvirt/libvirt-job.h"
#include "drivers/libvirt/libvirt-lookup.h"
#include "drivers/libvirt/libvirt-private.h"
#include "drivers/libvirt/libvirt-set.h"
#include "drivers/libvirt/libvirt-still.h"
#include "util/error-private.h"
#include "util/xml.h"

/* The embedded driver needs a moment until it has found the agents of running domains again. */
#define AGENT_RETURNS_US (5 * G_USEC_PER_SEC)
#define AGENT_POLL_US (G_USEC_PER_SEC / 50)

/* VIR_ERR_AGENT_COMMAND_TIMEOUT and _FAILED of libvirt 11.2: a daemon of that version may be asked
 * by a program that was built with an earlier one. */
#define AGENT_COMMAND_TIMEOUT 112
#define AGENT_COMMAND_FAILED 113

static gboolean
still_is_exclusive(Hypervisor *hypervisor)
{
    return libvirt_place_is_embedded(((LibvirtHypervisor *)hypervisor)->place);
}

static gboolean
still_state(Hypervisor *hypervisor, const char *uuid, DomainState *state, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    int now = VIR_DOMAIN_NOSTATE;
    int active;

    if (!domain)
        return FALSE;
    active = virDomainIsActive(domain);
    if (active < 0 || virDomainGetState(domain, &now, NULL, 0) < 0) {
        libvirt_error_set(error, _("Cannot ask what the domain '%s' is doing"),
                          virDomainGetName(domain));
        return FALSE;
    }
    *state = active == 0                 ? DOMAIN_STATE_OFF
             : now == VIR_DOMAIN_RUNNING ? DOMAIN_STATE_RUNNING
                                         : DOMAIN_STATE_PAUSED;

    return TRUE;
}

/* --- the agent -------------------------------------------------------------- */

static gboolean
agent_is_connected(virDomainPtr domain, gboolean *configured)
{
    char *text = virDomainGetXMLDesc(domain, 0);
    g_autoptr(xmlDoc) doc = text ? xml_parse(text, strlen(text), "domain", NULL) : NULL;
    xmlNode *target = doc ? xml_node(xmlDocGetRootElement(doc),
                                     "./devices/channel/target[@name='org.qemu.guest_agent.0']")
                          : NULL;
    g_autofree char *state = target ? xml_attr(target, "state") : NULL;

    free(text);
    /* A domain for which that cannot be found out counts as one with an agent. */
    *configured = target != NULL;

    return g_strcmp0(state, "disconnected") != 0;
}

static gboolean
still_has_agent(Hypervisor *hypervisor, const char *uuid)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, NULL);
    gint64 until = g_get_monotonic_time() + AGENT_RETURNS_US;
    gboolean configured = FALSE;

    while (domain && !agent_is_connected(domain, &configured)) {
        if (!still_is_exclusive(hypervisor) || g_get_monotonic_time() > until)
            return FALSE;
        g_usleep(AGENT_POLL_US);
    }

    return configured;
}

/* libvirt keeps the limit for all later commands of anybody, and does not tell what it was. */
static void
forget_timeout(virDomainPtr domain)
{
    virDomainAgentSetResponseTimeout(domain, VIR_DOMAIN_AGENT_RESPONSE_TIMEOUT_BLOCK, 0);
}

static ConsistencyReason
freeze_reason(int code)
{
    switch (code) {
    case VIR_ERR_AGENT_UNRESPONSIVE:
    case VIR_ERR_AGENT_UNSYNCED:
    case VIR_ERR_OPERATION_TIMEOUT:
    case AGENT_COMMAND_TIMEOUT:
        return CONSISTENCY_REASON_AGENT_TIMEOUT;
    default:
        return CONSISTENCY_REASON_FREEZE_FAILED;
    }
}

/* Returns: whether libvirt refuses with @code before it asks the agent. */
static gboolean
refused_before(int code)
{
    switch (code) {
    case VIR_ERR_ACCESS_DENIED:
    case VIR_ERR_OPERATION_DENIED:
    case VIR_ERR_OPERATION_INVALID:
    case VIR_ERR_ARGUMENT_UNSUPPORTED:
    case VIR_ERR_NO_SUPPORT:
    case VIR_ERR_NO_DOMAIN:
        return TRUE;
    default:
        return FALSE;
    }
}

/* Returns: whether the agent itself has refused, which thaws what it had frozen by then. libvirt
 * had no code of its own for that before 11.2. */
static gboolean
refused_by_agent(const virError *last)
{
    return last->code == AGENT_COMMAND_FAILED ||
           (last->code == VIR_ERR_INTERNAL_ERROR && last->message &&
            strstr(last->message, "'guest-fsfreeze-freeze': "));
}

FreezeResult
libvirt_freeze_failed(const virError *last)
{
    FreezeResult result = {.reason = CONSISTENCY_REASON_FREEZE_FAILED, .may_be_frozen = TRUE};

    if (!last)
        return result;
    result.reason = freeze_reason(last->code);
    result.may_be_frozen = !refused_before(last->code) && !refused_by_agent(last);

    return result;
}

static gboolean
set_no_agent(virDomainPtr domain, FreezeResult *result, GError **error)
{
    result->reason = CONSISTENCY_REASON_NO_AGENT;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INVALID_STATE,
                _("Cannot freeze the file systems of the domain '%s': no guest agent is "
                  "connected (qemu-guest-agent has to run in the guest)"),
                virDomainGetName(domain));

    return FALSE;
}

static gboolean
set_not_frozen(virDomainPtr domain, gboolean asked, FreezeResult *result, GError **error)
{
    virErrorPtr last = virSaveLastError();

    *result = libvirt_freeze_failed(last);
    result->may_be_frozen = result->may_be_frozen && asked;
    forget_timeout(domain);
    libvirt_error_take(error, last, _("Cannot freeze the file systems of the domain '%s'"),
                       virDomainGetName(domain));
    if (result->reason == CONSISTENCY_REASON_AGENT_TIMEOUT)
        error_recode(error, VIRT_SNAP_ERROR_FAILED, VIRT_SNAP_ERROR_TIMEOUT);

    return FALSE;
}

static gboolean
still_freeze(Hypervisor *hypervisor, const char *uuid, guint timeout, FreezeResult *result,
             GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    int n;

    *result = (FreezeResult){.reason = CONSISTENCY_REASON_FREEZE_FAILED};
    if (!domain)
        return FALSE;
    if (!still_has_agent(hypervisor, uuid))
        return set_no_agent(domain, result, error);
    if (virDomainAgentSetResponseTimeout(domain, timeout, 0) < 0)
        return set_not_frozen(domain, FALSE, result, error);
    n = virDomainFSFreeze(domain, NULL, 0, 0);
    if (n < 0)
        return set_not_frozen(domain, TRUE, result, error);
    *result = (FreezeResult){.filesystems = n};

    return TRUE;
}

static gboolean
still_thaw(Hypervisor *hypervisor, const char *uuid, guint timeout, guint *thawed, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    virErrorPtr last;
    int n = -1;

    *thawed = 0;
    if (!domain)
        return FALSE;
    if (virDomainAgentSetResponseTimeout(domain, timeout, 0) == 0)
        n = virDomainFSThaw(domain, NULL, 0, 0);
    last = n < 0 ? virSaveLastError() : NULL;
    forget_timeout(domain);
    if (n < 0) {
        libvirt_error_take(error, last, _("Cannot thaw the file systems of the domain '%s'"),
                           virDomainGetName(domain));
        return FALSE;
    }
    *thawed = n;

    return TRUE;
}

/* --- the processors --------------------------------------------------------- */

static gboolean
still_suspend(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);

    if (!domain)
        return FALSE;
    if (virDomainSuspend(domain) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot pause the domain '%s'"), virDomainGetName(domain));

    return FALSE;
}

static gboolean
still_resume(Hypervisor *hypervisor, const char *uuid, GError **error)
{
    g_autoptr(LibvirtDomain) domain = libvirt_domain_by_uuid(hypervisor, uuid, error);
    g_autoptr(GError) ignored = NULL;
    DomainState state = DOMAIN_STATE_PAUSED;

    if (!domain)
        return FALSE;
    if (virDomainResume(domain) == 0)
        return TRUE;
    libvirt_error_set(error, _("Cannot resume the domain '%s'"), virDomainGetName(domain));
    if (!still_state(hypervisor, uuid, &state, &ignored) || state == DOMAIN_STATE_PAUSED)
        return FALSE;
    g_clear_error(error);

    return TRUE;
}

const HypervisorSnapshotOps libvirt_snapshot_ops = {
    .is_exclusive = still_is_exclusive,
    .state = still_state,
    .job = libvirt_job_find,
    .has_agent = still_has_agent,
    .freeze = still_freeze,
    .thaw = still_thaw,
    .suspend = still_suspend,
    .resume = still_resume,
    .find_uuid = libvirt_snapshot_find_uuid,
    .look = libvirt_snapshot_look,
    .create = libvirt_snapshot_create,
    .abort = libvirt_snapshot_abort,
    .await = libvirt_snapshot_await,
    .describe = libvirt_snapshot_describe,
    .forget = libvirt_snapshot_forget,
    .merge_back = libvirt_snapshot_merge_back,
    .point_back = libvirt_snapshot_point_back,
};
