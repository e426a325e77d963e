/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job.h"
#include "transfer/control.h"

G_BEGIN_DECLS

/* The parts of a job that only the files in this directory use. */

struct Job {
    gatomicrefcount refs;
    char *id; /* never changes, so it is read without the lock */
    JobWork *work; /* held */
    gboolean interrupted; /* never changes, too: an earlier process ended before this job did */

    GMutex lock;     /* guards all below */
    GCond changed;   /* signalled when the state has changed, or when a call of notify has
                      * returned */
    JobNotify notify;
    gpointer notify_data;
    JobInfo *info;
    GPtrArray *parts; /* GArray of guint: for each disk its parts of the progress; NULL: not
                       * planned */
    Control *control; /* of the present run; its bandwidth is taken over by the next run */
    gboolean bandwidth_set; /* the user has set a bandwidth, which overrides that of the settings */
    gboolean restarted;     /* an earlier run may have left something behind */
    gboolean planned;       /* the present or last run may have changed something outside the job */
    gboolean holds_guests;  /* see job_run_hold_guests() */
    GError *failure;        /* the error of the last run exactly as its work returned it; NULL: it
                             * did not fail */
    JobRequest ending;      /* the request that ends the job while it is shutting down */
    GQueue *changes;        /* JobChange, with owned texts: changes that notify has not been told
                             * yet */
    gboolean telling;       /* a thread is calling notify */
    GThread *thread;        /* of the last run; NULL: there was none, or somebody joins it */
};

/** job_tell: Calls notify for the changes so far. Must be called without the lock. */
void job_tell(Job *self);

/** job_tell_left: Makes @why, an error of job_work_discard(), that of a job that was killed with
 * the error @text. */
void job_tell_left(GError *why, const char *text);

/* The following functions are called with the lock held. */

/** job_set_state: Sets the state without checking the transition. job_tell() reports the change
 * later, with the error that is set by now. */
void job_set_state(Job *self, JobState state);

/** job_go_to: Changes to @state. Returns: FALSE, with nothing changed, if @state must not follow
 * the present one. */
gboolean job_go_to(Job *self, JobState state);

/** job_set_error: Sets the error of the job. @message: (nullable): NULL, with the code 0, for no
 * error. */
void job_set_error(Job *self, guint code, const char *message);

/** job_tell_disk: Queues a change of @disk, one of the job's, to @status. */
void job_tell_disk(Job *self, JobDisk *disk, JobDiskStatus status);

/** job_end_disks: Does so for each disk whose end was not told yet. */
void job_end_disks(Job *self, JobDiskStatus status);

G_END_DECLS
