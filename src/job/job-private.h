/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* For the files that make up a job. */

struct Job {
    gatomicrefcount refs;
    char *id; /* fixed, and so read without the lock; and so is the work: */
    JobWork *work; /* held */

    GMutex lock;     /* guards all below */
    GCond changed;   /* the state did, or nobody is being told any more */
    JobNotify notify;
    gpointer notify_data;
    JobInfo *info;
    GPtrArray *parts; /* GArray of guint: the parts of the progress that each disk has; NULL: not
                       * planned */
    Control *control; /* of the present run, and its bandwidth for the next */
    gboolean bandwidth_set; /* by somebody, who knows better than the settings */
    gboolean restarted;     /* an earlier run may have left something */
    gboolean planned;       /* the present or last run may have changed something */
    GError *failure;        /* of the last run, if it failed, as it was */
    JobRequest ending;      /* while it is shutting down */
    GQueue *changes;        /* JobChange, with owned texts, not yet told */
    gboolean telling;       /* some thread does */
};

/** job_tell: Tells of the changes so far; without the lock held. */
void job_tell(Job *self);

/* With the lock held: */

/** job_set_state: Sets the state, whatever it was; to be told with job_tell(). */
void job_set_state(Job *self, JobState state);

/** job_go_to: Returns: FALSE, with nothing changed, if @state cannot follow on the present one. */
gboolean job_go_to(Job *self, JobState state);

/** job_set_error: @message: (nullable): NULL with the code 0: there is none. */
void job_set_error(Job *self, guint code, const char *message);

/** job_end_disks: Has it told that all disks have come to @status. */
void job_end_disks(Job *self, JobDiskStatus status);

G_END_DECLS
