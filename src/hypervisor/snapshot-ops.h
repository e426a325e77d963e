/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/consistency.h"
#include "hypervisor/hypervisor.h"

G_BEGIN_DECLS

/* The interface to a hypervisor for snapshots of running domains: holding guests still, and
 * creating and removing snapshots. Domains are identified by their UUIDs. All functions may be
 * called by several threads at once for different domains. */

typedef enum {
    DOMAIN_STATE_OFF,
    DOMAIN_STATE_RUNNING,
    DOMAIN_STATE_PAUSED, /* its processors are stopped, whoever paused it */
} DomainState;

/** What has to be known about a domain before a snapshot of it is taken. */
typedef struct {
    char *name;
    char *uuid;
    DomainState state;
    gboolean persistent;
    gboolean saved;        /* it has a managed save image, from which it resumes when it is
                            * started */
    char *xml;             /* the present <domain> */
    GPtrArray *snapshots;  /* char*: names */
    GPtrArray *block_jobs; /* char*: targets of disks with a block job */
    const char *job;       /* its present job (domain-job.h); NULL: none, or not known */
} SnapshotLook;

/** What came of an attempt to freeze a guest. */
typedef struct {
    guint filesystems;        /* frozen ones */
    ConsistencyReason reason; /* why it failed */
    gboolean may_be_frozen;   /* it failed, but nobody knows whether the guest is frozen, or will
                               * be when it gets to it */
} FreezeResult;

struct HypervisorSnapshotOps {
    /* Returns: TRUE if only one process at a time can be connected, so that no other process can
     * act for this one as long as it runs. */
    gboolean (*is_exclusive)(Hypervisor *hypervisor);

    /* Queries the state of @uuid. NOT_FOUND if there is no such domain any more. */
    gboolean (*state)(Hypervisor *hypervisor, const char *uuid, DomainState *state,
                      GError **error);

    /* Returns: what @uuid is busy with (domain-job.h), a static text; NULL: nothing, or it is shut
     * off, or not known. Source: virDomainGetJobStats. */
    const char *(*job)(Hypervisor *hypervisor, const char *uuid);

    /* Returns: TRUE if a guest agent is connected in the running @uuid. It waits a little where the
     * hypervisor needs time to reconnect to the agent. */
    gboolean (*has_agent)(Hypervisor *hypervisor, const char *uuid);

    /* Freezes the file systems in the guest of @uuid through its agent, which is given @timeout
     * seconds to answer. @result: (out): what came of it; a guest that may be frozen has to be
     * thawed, too. Source: virDomainFSFreeze, virDomainAgentSetResponseTimeout (which is set back
     * to libvirt's default by thaw). */
    gboolean (*freeze)(Hypervisor *hypervisor, const char *uuid, guint timeout,
                       FreezeResult *result, GError **error);

    /* Thaws the file systems; it is no error if they are not frozen. @thawed: (out): number of
     * thawed file systems. Source: virDomainFSThaw. */
    gboolean (*thaw)(Hypervisor *hypervisor, const char *uuid, guint timeout, guint *thawed,
                     GError **error);

    /* Pause and resume @uuid. It is no error to resume a domain that is running or shut off by now.
     * Source: virDomainSuspend, virDomainResume. */
    gboolean (*suspend)(Hypervisor *hypervisor, const char *uuid, GError **error);
    gboolean (*resume)(Hypervisor *hypervisor, const char *uuid, GError **error);

    /* Returns: the UUID of the domain @name, owned by the caller; NULL with NOT_FOUND if there is
     * no such domain. */
    char *(*find_uuid)(Hypervisor *hypervisor, const char *name, GError **error);

    /* Returns: the description of the domain that @word means (as HypervisorOps.find_domain), owned
     * by the caller. */
    SnapshotLook *(*look)(Hypervisor *hypervisor, const char *word, GError **error);

    /* Creates the snapshot of @uuid that @xml, a <domainsnapshot>, describes; of all its disks or
     * of none. @disks_only: without memory. Source: virDomainSnapshotCreateXML. Returns: the XML of
     * the new snapshot, owned by the caller. */
    char *(*create)(Hypervisor *hypervisor, const char *uuid, const char *xml, gboolean disks_only,
                    GError **error);

    /* Ends the writing of the memory of a snapshot of @uuid that is being created, whose create()
     * fails then. Nothing happens if there is none. Source: virDomainAbortJob. */
    void (*abort)(Hypervisor *hypervisor, const char *uuid);

    /* Waits while any snapshot of @uuid is being created; returns at once if there is none. */
    gboolean (*await)(Hypervisor *hypervisor, const char *uuid, GError **error);

    /* Returns: the <description> of the snapshot @name of @uuid, owned by the caller, "" if it has
     * none; NULL with NOT_FOUND if there is no such snapshot. */
    char *(*describe)(Hypervisor *hypervisor, const char *uuid, const char *name, GError **error);

    /* Deletes the snapshot @name of @uuid with its internal states, or with @metadata only its
     * metadata. It is no error if there is no such snapshot. Source: virDomainSnapshotDelete. */
    gboolean (*forget)(Hypervisor *hypervisor, const char *uuid, const char *name,
                       gboolean metadata, GError **error);

    /* Commits @overlay of the disk @target of the running @uuid into the image below it, whichever
     * that is, and pivots to that; @merged: (out): FALSE, without an error, if the disk does not
     * have @overlay. Without a change: INVALID_STATE if there is another image above it, IN_USE if
     * the disk has another block job. Source: virDomainBlockCommit. */
    gboolean (*merge_back)(Hypervisor *hypervisor, const char *uuid, const char *target,
                           const char *overlay, gboolean *merged, GError **error);

    /* Does the same for a domain that is shut off and has not written to @overlay: changes its
     * definition back to @source with @format. */
    gboolean (*point_back)(Hypervisor *hypervisor, const char *uuid, const char *target,
                           const char *overlay, const char *source, const char *format,
                           GError **error);
};

/** snapshot_look_free: Frees @look, which may be NULL. */
void snapshot_look_free(SnapshotLook *look);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(SnapshotLook, snapshot_look_free)

G_END_DECLS
