/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/live-scratch.h"
#include "export/live.h"

G_BEGIN_DECLS

/* A live export and its members, used only by the files that it consists of. */

/* A member of a live export, with the backup job that holds its disks. */
typedef struct {
    PlanDomain *domain;       /* not owned */
    GPtrArray *targets;       /* char*: of disks that are pulled; not owned, as all that follows */
    GPtrArray *since;         /* char*: for each, the checkpoint since which changes are known */
    GPtrArray *tracked;       /* char*: disks of which a checkpoint is made */
    GPtrArray *untracked;     /* char*: all other disks of the domain */
    char *xml;                /* its definition at the moment */
    gint64 time;              /* time of the moment, seconds since the epoch */
    GMutex lock;              /* guards what follows */
    HypervisorBackup *backup; /* NULL: the domain is not held, or not any more */
    gboolean abandoned;       /* because the export has to end, and not because all was read */
    guint unread;             /* number of disks that are not read completely */
} LiveMember;

struct LiveExport {
    Hypervisor *hypervisor; /* not owned, as the next two */
    Plan *plan;
    Control *control;
    GPtrArray *members; /* LiveMember, as in the plan */
    LiveScratch *scratch;
    GMutex lock;         /* guards what follows */
    GPtrArray *warnings; /* char* */
    GPtrArray *left;     /* char*: what could not be ended, and the way out */
};

static inline PlanSnapshot *
live_member_present(const LiveMember *self)
{
    return g_ptr_array_index(self->domain->snapshots, 0);
}

/** live_export_check_held: Called with the lock of @member held. Returns: FALSE with the reason why
 * the export has to end, if @member was let go for that. */
gboolean live_export_check_held(const LiveExport *self, const LiveMember *member, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
