/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"

G_BEGIN_DECLS

/* A job: work that continues after the call that started it, with the figures of CIM_ConcreteJob
 * and of a libvirt block job, which are consistent at every moment. Any function may be called from
 * any thread. */

typedef struct Job Job;

/** The kind of a change in a job. */
typedef enum {
    JOB_CHANGE_STATE, /* the state of the job; state is the new one */
    JOB_CHANGE_DISK,  /* a disk has reached status */
} JobChangeKind;

typedef struct {
    JobChangeKind kind;
    JobState state;
    guint end;           /* of a final state: the number of this end, see JobInfo.ends; else 0 */
    const GError *error; /* of a final state: why the job did not succeed, or NULL */
    const char *domain; /* domain of the disk */
    const char *target; /* target of the disk, "vda" */
    const char *path;   /* path of its image */
    JobDiskStatus status;
} JobChange;

/**
 * JobNotify:
 * Called for each change, in the order in which they happened, in the thread that made the change.
 * No lock is held, so it may call any function of @job except job_set_notify(), but it should
 * return soon. The progress is not reported; use job_get_figures().
 */
typedef void (*JobNotify)(Job *job, const JobChange *change, gpointer data);

/**
 * job_new:
 * @owner: the user who requested the job
 * @work: the work of the job, which takes a reference
 *
 * Returns: a job in the state New with a globally unique InstanceID, owned by the caller. It does
 * nothing before job_start().
 */
Job *job_new(const char *owner, JobWork *work);

/** job_restore: Returns: a job with the state of @info, owned by the caller. A job that was not
 * finished has been interrupted: its state is Exception, its error INTERRUPTED, and it is
 * resumable. */
Job *job_restore(const JobInfo *info);

/** job_look_back: Finds out whether a job that job_restore() has made one that was interrupted had
 * done its work by then, which the process could not note any more. If so, its error says so from
 * then on, and it is not resumable; the state is told again. The call may hang if the file system
 * hangs. */
void job_look_back(Job *self);

Job *job_ref(Job *self);
void job_unref(Job *self);

/** job_set_notify: Sets the function that is called for changes from now on. @notify: (nullable):
 * NULL for none. When this function returns, no call of the previous one is active and none will
 * follow; therefore it must not be called from within a JobNotify. */
void job_set_notify(Job *self, JobNotify notify, gpointer data);

/**
 * job_start:
 * @host: (nullable): copied; NULL: a JobHost with nothing set
 *
 * Starts a job that is New: a thread runs its work, which resumes an earlier run of the same job.
 * Returns: FALSE if the job is not New any more.
 */
gboolean job_start(Job *self, const JobHost *host);

/**
 * job_request_state_change:
 * @request: a JobRequest, or any number
 * @timeout: milliseconds; only 0 is supported
 *
 * CIM_ConcreteJob.RequestStateChange. An interrupted job that is requested to start becomes New
 * again and is not started by this call: its caller uses job_start() when its turn comes. An
 * interrupted job that is requested to be killed removes what it has left, in a thread. Returns: a
 * JobRequestResult.
 */
JobRequestResult job_request_state_change(Job *self, guint request, guint64 timeout);

/** job_set_resume: Makes the first run resume what an earlier run of another job has left. To be
 * called before job_start(). */
void job_set_resume(Job *self);

/** Limits the transfers to @rate bytes a second, 0 for no limit. It takes effect at once and holds
 * for later runs, too. */
void job_set_bandwidth(Job *self, guint64 rate);

/** job_get_state: Returns: the present state. */
JobState job_get_state(Job *self);

/** job_get_figures: Stores consistent figures of one moment in @figures. */
void job_get_figures(Job *self, JobFigures *figures);

/** job_get_info: Returns: all values of the job at one moment, owned by the caller. */
JobInfo *job_get_info(Job *self);

/** job_get_failure: Returns: the error of the last run as its work returned it, owned by the
 * caller; NULL if it did not fail or was in another process. */
GError *job_get_failure(Job *self);

/** job_is_planned: Returns: FALSE if the present run has not changed anything yet. A run of a job
 * that is ShuttingDown will not change anything then. */
gboolean job_is_planned(Job *self);

/** job_holds_guests: Returns: whether the present run has something of guests that it must not
 * leave as it is. */
gboolean job_holds_guests(Job *self);

/** job_wait: Waits until the job has ended, at the longest until the monotonic time @monotonic_end
 * (0: for ever). Returns: TRUE if the job has ended. */
gboolean job_wait(Job *self, gint64 monotonic_end);

/** job_join: Waits until the thread of a job that has ended is gone, too; does nothing for a job
 * that has not. A program that exits before frees what the thread's own end still uses, in
 * libcrypto and libxml2, which ruins the heap. */
void job_join(Job *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Job, job_unref)

G_END_DECLS
