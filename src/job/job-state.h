/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The states of a job and what may follow what, without anything that happens on the way. */

/** JobState of CIM_ConcreteJob, with its values. */
typedef enum {
    JOB_STATE_NEW = 2,
    JOB_STATE_STARTING = 3,
    JOB_STATE_RUNNING = 4,
    JOB_STATE_SUSPENDED = 5,
    JOB_STATE_SHUTTING_DOWN = 6,
    JOB_STATE_COMPLETED = 7,
    JOB_STATE_TERMINATED = 8,
    JOB_STATE_KILLED = 9,
    JOB_STATE_EXCEPTION = 10,
    JOB_STATE_COMPLETED_WITH_WARNINGS = 32768,
} JobState;

/** RequestedState of CIM_ConcreteJob.RequestStateChange, with its values. */
typedef enum {
    JOB_REQUEST_START = 2, /* go on after a suspend, or with what was interrupted */
    JOB_REQUEST_SUSPEND = 3,
    JOB_REQUEST_TERMINATE = 4, /* orderly; what is copied stays and can be resumed */
    JOB_REQUEST_KILL = 5,      /* at once; nothing stays */
} JobRequest;

/** What RequestStateChange returns. */
typedef enum {
    JOB_RESULT_DONE = 0,
    JOB_RESULT_INVALID_PARAMETER = 5,  /* no such request */
    JOB_RESULT_STARTED = 4096,         /* accepted; the state changes when it is done */
    JOB_RESULT_INVALID_TRANSITION = 4097,
    JOB_RESULT_NO_TIMEOUT = 4098, /* a timeout was given, which is not supported */
} JobRequestResult;

/** job_state_name: Returns: "new", "completed-with-warnings"; NULL for a number that is none. */
const char *job_state_name(guint state);

/** job_state_from_name: Returns: the state that job_state_name() calls @name, 0 if none. */
guint job_state_from_name(const char *name);

/** job_state_is_final: Returns: TRUE if nothing happens in @state any more. */
gboolean job_state_is_final(JobState state);

/** job_state_is_success: Returns: TRUE for the final states of a job that did what it was for. */
gboolean job_state_is_success(JobState state);

/** job_state_allows: Returns: TRUE if a run of a job that is in @from may be in @to next. */
gboolean job_state_allows(JobState from, JobState to);

/**
 * job_state_request:
 * @state: that the job is in
 * @resumable: what it had done when it ended can be used by another run
 * @request: a JobRequest, or any number that a caller came up with
 * @timeout: milliseconds; only 0 is supported
 * @next: (out): the state to go to now; @state itself if nothing changes yet
 *
 * What a request does. A job whose run is over is not changed any more; but one that is
 * @resumable is taken up by a new run, which begins as any: @next is New then; or it is killed,
 * which removes what it has left: @next is ShuttingDown. These are the steps that
 * job_state_allows() does not have, because they are none of one run.
 *
 * Returns: DONE if the request is fulfilled by going to @next, STARTED if it takes longer; else
 * why it is refused. Source: CIM_ConcreteJob.RequestStateChange, with the values of
 * Msvm_ConcreteJob.
 */
JobRequestResult job_state_request(JobState state, gboolean resumable, guint request,
                                   guint64 timeout, JobState *next);

G_END_DECLS
