/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The states of a job and the allowed transitions between them, independent of what is done in each
 * state. */

/** JobState of CIM_ConcreteJob. */
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

/** RequestedState of CIM_ConcreteJob.RequestStateChange. */
typedef enum {
    JOB_REQUEST_START = 2, /* resume a suspended or an interrupted job */
    JOB_REQUEST_SUSPEND = 3,
    JOB_REQUEST_TERMINATE = 4, /* end in an orderly way; what is copied stays, and the job can be
                                * resumed */
    JOB_REQUEST_KILL = 5,      /* end at once and remove what is copied */
} JobRequest;

/** Result of CIM_ConcreteJob.RequestStateChange. */
typedef enum {
    JOB_RESULT_DONE = 0,
    JOB_RESULT_INVALID_PARAMETER = 5,  /* no such request */
    JOB_RESULT_STARTED = 4096,         /* accepted; the state changes later */
    JOB_RESULT_INVALID_TRANSITION = 4097,
    JOB_RESULT_NO_TIMEOUT = 4098, /* a timeout was given, which is not supported */
} JobRequestResult;

/** job_state_name: Returns: the name of @state, as "new" or "completed-with-warnings"; NULL if
 * @state is not a JobState. */
const char *job_state_name(guint state);

/** job_state_from_name: Returns: the state with the name @name of job_state_name(), 0 if there is
 * none. */
guint job_state_from_name(const char *name);

/** job_state_is_final: Returns: TRUE if a job in @state has ended. */
gboolean job_state_is_final(JobState state);

/** job_state_is_success: Returns: TRUE if @state is a final state of a job that succeeded. */
gboolean job_state_is_success(JobState state);

/** job_state_allows: Returns: TRUE if a run in the state @from may change to the state @to. */
gboolean job_state_allows(JobState from, JobState to);

/**
 * job_state_request:
 * @state: the present state of the job
 * @resumable: whether another run can resume what the job has left
 * @request: a JobRequest; any other number is refused
 * @timeout: milliseconds; only 0 is supported
 * @next: (out): the state to change to now; @state itself if nothing changes yet
 *
 * Decides what a request does. A job that has ended does not change any more, unless it is
 * @resumable: then Start sets @next to New for another run, and Kill sets it to ShuttingDown to
 * remove what is left. job_state_allows() does not have these two transitions, because they are not
 * within one run.
 *
 * Returns: DONE if the request is fulfilled by the change to @next, STARTED if it will be fulfilled
 * later; else the reason why it is refused. Source: CIM_ConcreteJob.RequestStateChange, with the
 * values of Msvm_ConcreteJob.
 */
JobRequestResult job_state_request(JobState state, gboolean resumable, guint request,
                                   guint64 timeout, JobState *next);

G_END_DECLS
