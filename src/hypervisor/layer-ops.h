/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/domain-survey.h"

G_BEGIN_DECLS

/* What merging layers and going back to a snapshot need of a hypervisor. Domains go by their UUIDs,
 * which they keep when they are renamed. */

/** A block job that commits layers of a running domain into a lower one. It goes on when nobody
 * looks after it any more. */
typedef struct HypervisorCommit HypervisorCommit;

typedef enum {
    COMMIT_RUNNING,
    COMMIT_READY,     /* all is copied, what the domain writes goes to both: to be pivoted */
    COMMIT_COMPLETED, /* merged, and the domain does not use the upper layer any more */
    COMMIT_FAILED,
    COMMIT_CANCELLED,
    COMMIT_GONE,      /* it has ended, and nobody told how: the domain's chain tells */
} CommitState;

/** How far it is, as virDomainGetBlockJobInfo() has it. */
typedef struct {
    CommitState state;
    guint64 cur;
    guint64 end;
} CommitProgress;

/** In which state a domain goes on that goes back to a snapshot. */
typedef enum {
    REVERT_AS_IT_WAS, /* that of the snapshot */
    REVERT_RUNNING,
    REVERT_PAUSED,
} RevertState;

struct HypervisorLayerOps {
    /* Returns: (element-type DomainSurvey): every domain of the host with all its snapshots. One
     * that goes meanwhile is none. */
    GPtrArray *(*survey)(Hypervisor *hypervisor, GError **error);

    /* Finds out what block job the disk @target of @uuid has: @type is a virDomainBlockJobType, 0:
     * none. @cur, @end: its figures. */
    gboolean (*block_job)(Hypervisor *hypervisor, const char *uuid, const char *target, guint *type,
                          guint64 *cur, guint64 *end, GError **error);

    /* Begins to commit the layer @top of the disk @target, both absolute paths, into @base below
     * it, with @bandwidth bytes a second at most (0: no limit). @active: @top is what the domain
     * writes to. @adopt: such a job is there already. Source: virDomainBlockCommit. Returns: what
     * to give to commit_end, whatever happens. */
    HypervisorCommit *(*commit_begin)(Hypervisor *hypervisor, const char *uuid, const char *target,
                                      const char *base, const char *top, gboolean active,
                                      guint64 bandwidth, gboolean adopt, GError **error);

    /* Begins to copy all that the disk @target of the running @uuid has in the layers below the one
     * that it writes to into that, with @bandwidth bytes a second at most (0: no limit). It ends
     * COMPLETED by itself, and the domain has no lower layers then, now and when it is started
     * next. @adopt: such a job is there already. Source: virDomainBlockPull. Returns: what to give
     * to commit_end. */
    HypervisorCommit *(*pull_begin)(Hypervisor *hypervisor, const char *uuid, const char *target,
                                    guint64 bandwidth, gboolean adopt, GError **error);

    /* Waits @us microseconds for news of it, or less, and tells how far it is. */
    gboolean (*commit_wait)(HypervisorCommit *commit, gint64 us, CommitProgress *progress,
                            GError **error);

    /* virDomainBlockJobSetSpeed(): @bandwidth bytes a second, 0: no limit. */
    gboolean (*commit_set_speed)(HypervisorCommit *commit, guint64 bandwidth, GError **error);

    /* Has the domain write to the lower layer from now on; when it is READY. */
    gboolean (*commit_pivot)(HypervisorCommit *commit, GError **error);

    /* Ends it, and leaves the domain on the layers that it has. */
    gboolean (*commit_abort)(HypervisorCommit *commit, GError **error);

    /* Frees @commit; its job goes on if it has not ended. */
    void (*commit_end)(HypervisorCommit *commit);

    /* Gives the domain with the UUID of @xml that persistent definition. Source:
     * virDomainDefineXML. */
    gboolean (*redefine)(Hypervisor *hypervisor, const char *xml, GError **error);

    /* Forgets (@metadata), or deletes with its internal states, the snapshot @name. One that is
     * not there is fine. Source: virDomainSnapshotDelete. */
    gboolean (*delete_snapshot)(Hypervisor *hypervisor, const char *uuid, const char *name,
                                gboolean metadata, GError **error);

    /* Takes the snapshot that @xml describes, of all its disks or of none. @disks_only: no memory.
     * Source: virDomainSnapshotCreateXML. */
    gboolean (*take_snapshot)(Hypervisor *hypervisor, const char *uuid, const char *xml,
                              gboolean disks_only, GError **error);

    /* Returns: whether revert() takes external snapshots (<externalSnapshot/> in the host's
     * capabilities). */
    gboolean (*reverts_external)(Hypervisor *hypervisor);

    /* virDomainRevertToSnapshot(), by force where the domain has to be started anew for it. */
    gboolean (*revert)(Hypervisor *hypervisor, const char *uuid, const char *name,
                       RevertState state, GError **error);

    /* Ends the domain at once, as if the plug were pulled; one that does not run is fine. */
    gboolean (*stop)(Hypervisor *hypervisor, const char *uuid, GError **error);

    /* Starts it, paused or not. */
    gboolean (*start)(Hypervisor *hypervisor, const char *uuid, gboolean paused, GError **error);

    /* Stops its processors, or lets them run. */
    gboolean (*pause)(Hypervisor *hypervisor, const char *uuid, gboolean pause, GError **error);

    /* Returns: the <domain> that a memory state in @file is of; owned by the caller. */
    char *(*saved_xml)(Hypervisor *hypervisor, const char *file, GError **error);

    /* Has it go on from the memory state in @file, with what of the host @xml names in the place of
     * what the file does. */
    gboolean (*restore_with)(Hypervisor *hypervisor, const char *file, const char *xml,
                             gboolean paused, GError **error);
};

G_END_DECLS
