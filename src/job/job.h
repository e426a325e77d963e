/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"

G_BEGIN_DECLS

/* A piece of work that outlives the call that began it, with the figures of CIM_ConcreteJob and
 * those of a libvirt block job, which agree at every moment. Any function may be called from any
 * thread. */

typedef struct Job Job;

/** What has changed in a job. */
typedef enum {
    JOB_CHANGE_STATE, /* state is the new one */
    JOB_CHANGE_DISK,  /* disk has come to status */
} JobChangeKind;

typedef struct {
    JobChangeKind kind;
    JobState state;
    const char *domain; /* the disk's, */
    const char *target; /* "vda", */
    const char *path;   /* and its image */
    JobDiskStatus status;
} JobChange;

/**
 * JobNotify:
 * Told of changes in the order in which they happened, by whichever thread makes them, without a
 * lock held: it may call any function of @job, but should not take long. What only grows, as the
 * progress, is not told; ask for it.
 */
typedef void (*JobNotify)(Job *job, const JobChange *change, gpointer data);

/**
 * job_new:
 * @owner: who has asked for it
 * @work: what it is to do; held by the job
 *
 * Returns: a job in the state New, with an InstanceID that is unique for ever and a name for
 * people, owned by the caller. It does nothing by itself.
 */
Job *job_new(const char *owner, JobWork *work);

/** job_restore: Returns: a job as @info says it was, owned by the caller. One that was not
 * finished has been interrupted: it is an Exception (INTERRUPTED), and resumable. */
Job *job_restore(const JobInfo *info);

Job *job_ref(Job *self);
void job_unref(Job *self);

/** job_set_notify: @notify: (nullable): who is told of changes from now on. Who was told before is
 * not called any more when this returns; so it may not be called from within a JobNotify. */
void job_set_notify(Job *self, JobNotify notify, gpointer data);

/**
 * job_start:
 * @host: (nullable): copied; NULL: one in which nothing is set
 *
 * Starts a job that is New: a thread of its own runs its work, which goes on with what an earlier
 * run of the same job left. Returns: FALSE if it is not New any more.
 */
gboolean job_start(Job *self, const JobHost *host);

/**
 * job_request_state_change:
 * @request: a JobRequest, or any number
 * @timeout: milliseconds; only 0 is supported
 *
 * RequestStateChange. A job that was interrupted and is requested to start is New again: whoever
 * has started it the first time starts it again when its turn comes. One that is requested to be
 * killed then removes, in a thread of its own, what it has left. Returns: a JobRequestResult.
 */
JobRequestResult job_request_state_change(Job *self, guint request, guint64 timeout);

/** job_set_resume: What an earlier run left, of whatever job, is gone on with. Before the start. */
void job_set_resume(Job *self);

/** Limits the transfers to @rate bytes a second, 0 for no limit. Works at once, and stays. */
void job_set_bandwidth(Job *self, guint64 rate);

/** job_get_state: Returns: the state it is in. */
JobState job_get_state(Job *self);

/** job_get_figures: How far it is, of one moment. */
void job_get_figures(Job *self, JobFigures *figures);

/** job_get_info: Returns: everything about it, all of one moment; owned by the caller. */
JobInfo *job_get_info(Job *self);

/** job_get_failure: Returns: what the last run failed with, as its work said it; owned by the
 * caller. NULL: it did not, or was in another process. */
GError *job_get_failure(Job *self);

/** job_is_planned: Returns: FALSE if nothing has been changed by the present run; if it is
 * ShuttingDown, nothing will be. */
gboolean job_is_planned(Job *self);

/** Waits until @monotonic_end (0: for ever) for it to be finished. Returns: TRUE if it is. */
gboolean job_wait(Job *self, gint64 monotonic_end);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_unref)

G_END_DECLS
