/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "hypervisor/layer-ops.h"
#include "job/job-run.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/** A block job of a disk, or what does the same by other means, that is followed for a job of
 * ours. */
typedef struct {
    Hypervisor *hypervisor;
    Control *control;
    JobRun *run;     /* is told when it is ready; NULL: nobody is */
    guint part;      /* of the progress that the disk has; one more than its number */
    guint64 bytes;   /* of that part */
    guint64 counted; /* of those, so far */
    guint64 speed;   /* that was asked for last */
    gboolean ready;  /* was told */
} CommitFollow;

/** commit_follow_count: Counts that @done, 0 to 1, is done; a CommitFunc whose data is the
 * CommitFollow. */
void commit_follow_count(double done, gpointer follow);

/** commit_follow: Follows @commit until it is ready to be pivoted, or over, and has it keep the
 * limit of the job. Suspended, it may write a byte a second. */
gboolean commit_follow(CommitFollow *self, HypervisorCommit *commit, CommitProgress *progress,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** commit_follow_abort: Ends @commit, which failed with *@error, if the job was cancelled. Returns:
 * FALSE with that error, or why @commit cannot be ended. */
gboolean commit_follow_abort(const CommitFollow *self, HypervisorCommit *commit, GError **error);

G_END_DECLS
