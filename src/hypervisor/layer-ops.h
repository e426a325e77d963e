/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-survey.h"

G_BEGIN_DECLS

/* The interface to a hypervisor for merging layers and reverting to snapshots. Domains are
 * identified by their UUIDs, which they keep when they are renamed. */

/** A block job of a running domain that merges layers: a commit or a pull. It continues when this
 * process ends. */
typedef struct HypervisorCommit HypervisorCommit;

typedef enum {
    COMMIT_RUNNING,
    COMMIT_READY,     /* everything is copied, writes go to both layers: it can be pivoted */
    COMMIT_COMPLETED, /* merged: the domain does not use the other layers any more */
    COMMIT_FAILED,
    COMMIT_CANCELLED,
    COMMIT_GONE,      /* it has ended without an event: the domain's chain shows how */
} CommitState;

/** The progress of a block job, with the figures of virDomainGetBlockJobInfo(). */
typedef struct {
    CommitState state;
    guint64 cur;
    guint64 end;
} CommitProgress;

/** The state of a domain after it was reverted to a snapshot. */
typedef enum {
    REVERT_AS_IT_WAS, /* its state at the time of the snapshot */
    REVERT_RUNNING,
    REVERT_PAUSED,
} RevertState;

struct HypervisorLayerOps {
    /* Returns: (element-type DomainSurvey): every domain of the host with all its snapshots. A
     * domain that is undefined during the call is left out. */
    GPtrArray *(*survey)(Hypervisor *hypervisor, GError **error);

    /* Queries the block job of the disk @target of @uuid. @type: (out): its virDomainBlockJobType;
     * 0: there is none. @cur, @end: (out): its progress in bytes. */
    gboolean (*block_job)(Hypervisor *hypervisor, const char *uuid, const char *target, guint *type,
                          guint64 *cur, guint64 *end, GError **error);

    /* Begins to commit the layer @top of the disk @target into @base below it, both absolute paths,
     * with at most @bandwidth bytes a second (0: no limit). @active: the domain writes to @top.
     * @adopt: such a job exists already and is taken over. Source: virDomainBlockCommit. Returns:
     * the job, which must be passed to commit_end in any case. */
    HypervisorCommit *(*commit_begin)(Hypervisor *hypervisor, const char *uuid, const char *target,
                                      const char *base, const char *top, gboolean active,
                                      guint64 bandwidth, gboolean adopt, GError **error);

    /* Begins to copy the data of all lower layers of the disk @target of the running @uuid into its
     * top image, with at most @bandwidth bytes a second (0: no limit). It becomes COMPLETED without
     * a pivot; then neither the running domain nor its persistent definition has lower layers.
     * @adopt: such a job exists already and is taken over. Source: virDomainBlockPull. Returns: the
     * job, which must be passed to commit_end in any case. */
    HypervisorCommit *(*pull_begin)(Hypervisor *hypervisor, const char *uuid, const char *target,
                                    guint64 bandwidth, gboolean adopt, GError **error);

    /* Waits at most @us microseconds for an event of the job, and queries its progress. */
    gboolean (*commit_wait)(HypervisorCommit *commit, gint64 us, CommitProgress *progress,
                            GError **error);

    /* Limits the job to @bandwidth bytes a second; 0: no limit. Source:
     * virDomainBlockJobSetSpeed. */
    gboolean (*commit_set_speed)(HypervisorCommit *commit, guint64 bandwidth, GError **error);

    /* Switches the domain to the lower layer when the job is READY. Source:
     * virDomainBlockJobAbort. */
    gboolean (*commit_pivot)(HypervisorCommit *commit, GError **error);

    /* Aborts the job; the domain keeps its layers. Source: virDomainBlockJobAbort. */
    gboolean (*commit_abort)(HypervisorCommit *commit, GError **error);

    /* Frees @commit; a job that has not ended continues. */
    void (*commit_end)(HypervisorCommit *commit);

    /* Replaces the persistent definition of the domain with the UUID in @xml. Source:
     * virDomainDefineXML. */
    gboolean (*redefine)(Hypervisor *hypervisor, const char *xml, GError **error);

    /* Does the same as forget of HypervisorSnapshotOps. */
    gboolean (*delete_snapshot)(Hypervisor *hypervisor, const char *uuid, const char *name,
                                gboolean metadata, GError **error);

    /* Creates the snapshot that @xml describes, of all its disks or of none. @disks_only: without
     * memory. Source: virDomainSnapshotCreateXML. */
    gboolean (*take_snapshot)(Hypervisor *hypervisor, const char *uuid, const char *xml,
                              gboolean disks_only, GError **error);

    /* Returns: whether revert() supports external snapshots (<externalSnapshot/> in the host's
     * capabilities). */
    gboolean (*reverts_external)(Hypervisor *hypervisor);

    /* Reverts @uuid to its snapshot @name, by force if a new QEMU has to be started for that.
     * Source: virDomainRevertToSnapshot. */
    gboolean (*revert)(Hypervisor *hypervisor, const char *uuid, const char *name,
                       RevertState state, GError **error);

    /* Destroys the domain at once, as a power failure would; it is no error if it is shut off.
     * Source: virDomainDestroy. */
    gboolean (*stop)(Hypervisor *hypervisor, const char *uuid, GError **error);

    /* Starts the domain. @paused: its processors stay stopped. Source: virDomainCreate. */
    gboolean (*start)(Hypervisor *hypervisor, const char *uuid, gboolean paused, GError **error);

    /* Suspends the domain, or resumes it. Source: virDomainSuspend, virDomainResume. */
    gboolean (*pause)(Hypervisor *hypervisor, const char *uuid, gboolean pause, GError **error);

    /* Returns: the <domain> in the memory state @file; owned by the caller. Source:
     * virDomainSaveImageGetXMLDesc. */
    char *(*saved_xml)(Hypervisor *hypervisor, const char *file, GError **error);

    /* Restores the domain from the memory state in @file. @xml: replaces the <domain> in it, of
     * which only the parts on the host's side may differ. Source: virDomainRestoreFlags. */
    gboolean (*restore_with)(Hypervisor *hypervisor, const char *file, const char *xml,
                             gboolean paused, GError **error);
};

G_END_DECLS
