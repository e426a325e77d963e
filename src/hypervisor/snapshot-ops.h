/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/consistency.h"
#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* What snapshots of running domains need of a hypervisor: guests that are held still, and snapshots
 * that come and go. Domains go by their UUIDs. All of it may be called by several threads at once,
 * for different domains. */

typedef enum {
    DOMAIN_STATE_OFF,
    DOMAIN_STATE_RUNNING,
    DOMAIN_STATE_PAUSED, /* its processors stand still, whoever stopped them */
} DomainState;

struct HypervisorSnapshotOps {
    /* Returns: whether only one process at a time can be connected, so that nobody else can do
     * anything for this one as long as it lives. */
    gboolean (*is_exclusive)(Hypervisor *hypervisor);

    /* Finds out what @uuid is doing. NOT_FOUND if there is no such domain any more. */
    gboolean (*state)(Hypervisor *hypervisor, const char *uuid, DomainState *state,
                      GError **error);

    /* Returns: whether a guest agent is connected to the running @uuid. Waits for it where the
     * hypervisor needs a moment to find it again. */
    gboolean (*has_agent)(Hypervisor *hypervisor, const char *uuid);

    /* Freezes the file systems in the guest of @uuid through its agent, which is given @timeout
     * seconds to answer. @frozen: (out): how many. @reason: (out): why not. After AGENT_TIMEOUT
     * the guest may still freeze, so it has to be thawed as well. Source: virDomainFSFreeze,
     * virDomainAgentSetResponseTimeout (which is set back to libvirt's default by thaw). */
    gboolean (*freeze)(Hypervisor *hypervisor, const char *uuid, guint timeout, guint *frozen,
                       ConsistencyReason *reason, GError **error);

    /* Thaws them; fine if they are not frozen. @thawed: (out): how many were. Source:
     * virDomainFSThaw. */
    gboolean (*thaw)(Hypervisor *hypervisor, const char *uuid, guint timeout, guint *thawed,
                     GError **error);

    /* Stops the processors of @uuid, and lets them run again; what the caller stopped he may find
     * running, or shut off, which is fine. Source: virDomainSuspend, virDomainResume. */
    gboolean (*suspend)(Hypervisor *hypervisor, const char *uuid, GError **error);
    gboolean (*resume)(Hypervisor *hypervisor, const char *uuid, GError **error);
};

G_END_DECLS
