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

/** A domain as whoever wants to take a snapshot of it has to know it. */
typedef struct {
    char *name;
    char *uuid;
    DomainState state;
    gboolean persistent;
    gboolean saved;        /* it has a managed save: what it goes on from when it is started */
    char *xml;             /* <domain> as it is now */
    GPtrArray *snapshots;  /* char*: names */
    GPtrArray *block_jobs; /* char*: targets of disks that have one */
    const char *job;       /* what it is busy with ("migration", "save", "backup", "job"); NULL:
                            * nothing, or it is not told */
} SnapshotLook;

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

    /* Returns: the domain that @word means (as HypervisorOps.find_domain), owned by the caller. */
    SnapshotLook *(*look)(Hypervisor *hypervisor, const char *word, GError **error);

    /* Takes the snapshot of @uuid that @xml, a <domainsnapshot>, describes; of all its disks or of
     * none. @disks_only: no memory. Source: virDomainSnapshotCreateXML. Returns: what the
     * hypervisor says of it afterwards, owned by the caller. */
    char *(*create)(Hypervisor *hypervisor, const char *uuid, const char *xml, gboolean disks_only,
                    GError **error);

    /* Waits while a snapshot of @uuid is being taken, by whomever; fine if it has none. */
    gboolean (*await)(Hypervisor *hypervisor, const char *uuid, GError **error);

    /* Forgets (@metadata) the snapshot @name of @uuid, or deletes it with its internal states. One
     * that is not there is fine. Source: virDomainSnapshotDelete. */
    gboolean (*forget)(Hypervisor *hypervisor, const char *uuid, const char *name,
                       gboolean metadata, GError **error);

    /* Has the running @uuid write to @source again, on its disk @target, with all that it wrote to
     * @overlay above it in there; fine if it does already. INVALID_STATE if its disk is on neither:
     * then it is left alone. Source: virDomainBlockCommit. */
    gboolean (*merge_back)(Hypervisor *hypervisor, const char *uuid, const char *target,
                           const char *overlay, const char *source, GError **error);

    /* The same for @uuid, which is shut off, and has written nothing to @overlay: its definition
     * names @source, of @format, again. */
    gboolean (*point_back)(Hypervisor *hypervisor, const char *uuid, const char *target,
                           const char *overlay, const char *source, const char *format,
                           GError **error);
};

/** snapshot_look_free: NULL is fine. */
void snapshot_look_free(SnapshotLook *look);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotLook, snapshot_look_free)

G_END_DECLS
