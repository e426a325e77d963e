/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include "job/job-state.h"

typedef enum {
    N = 1 << 0, /* one bit for each state, named by its initials */
    ST = 1 << 1,
    R = 1 << 2,
    SU = 1 << 3,
    SD = 1 << 4,
    C = 1 << 5,
    T = 1 << 6,
    K = 1 << 7,
    X = 1 << 8,
    W = 1 << 9,
} StateSet;

/* All states, one line for each. A state that no other may follow is final. */
static const struct {
    JobState state;
    const char *name;
    StateSet bit;
    StateSet next;
} states[] = {
    {JOB_STATE_NEW, "new", N, ST | T | K},
    {JOB_STATE_STARTING, "starting", ST, R | SU | SD | X},
    {JOB_STATE_RUNNING, "running", R, SU | SD | C | W | X},
    {JOB_STATE_SUSPENDED, "suspended", SU, R | SD | X},
    {JOB_STATE_SHUTTING_DOWN, "shutting-down", SD, T | K | C | W | X},
    {JOB_STATE_COMPLETED, "completed", C, 0},
    {JOB_STATE_TERMINATED, "terminated", T, 0},
    {JOB_STATE_KILLED, "killed", K, 0},
    {JOB_STATE_EXCEPTION, "exception", X, 0},
    {JOB_STATE_COMPLETED_WITH_WARNINGS, "completed-with-warnings", W, 0},
};

/* The effect of each request in each state. Combinations that are not listed are invalid
 * transitions. */
static const struct {
    StateSet from;
    JobRequest request;
    JobState next; /* 0: the state does not change */
    JobRequestResult result;
} requests[] = {
    {SU, JOB_REQUEST_START, JOB_STATE_RUNNING, JOB_RESULT_DONE},
    {ST | R, JOB_REQUEST_SUSPEND, JOB_STATE_SUSPENDED, JOB_RESULT_DONE},
    {N, JOB_REQUEST_TERMINATE, JOB_STATE_TERMINATED, JOB_RESULT_DONE},
    {N, JOB_REQUEST_KILL, JOB_STATE_KILLED, JOB_RESULT_DONE},
    {ST | R | SU, JOB_REQUEST_TERMINATE, JOB_STATE_SHUTTING_DOWN, JOB_RESULT_STARTED},
    {ST | R | SU, JOB_REQUEST_KILL, JOB_STATE_SHUTTING_DOWN, JOB_RESULT_STARTED},
    /* A job that ends in an orderly way can still be killed. */
    {SD, JOB_REQUEST_KILL, 0, JOB_RESULT_STARTED},
};

static gssize
find_state(guint state)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if ((guint)states[i].state == state)
            return (gssize)i;
    }

    return -1;
}

const char *
job_state_name(guint state)
{
    gssize i = find_state(state);

    return i < 0 ? NULL : states[i].name;
}

guint
job_state_from_name(const char *name)
{
    for (gsize i = 0; i < G_N_ELEMENTS(states); i++) {
        if (g_str_equal(states[i].name, name))
            return states[i].state;
    }

    return 0;
}

gboolean
job_state_is_final(JobState state)
{
    gssize i = find_state(state);

    return i >= 0 && states[i].next == 0;
}

gboolean
job_state_is_success(JobState state)
{
    return state == JOB_STATE_COMPLETED || state == JOB_STATE_COMPLETED_WITH_WARNINGS;
}

gboolean
job_state_allows(JobState from, JobState to)
{
    gssize i = find_state(from);
    gssize j = find_state(to);

    return i >= 0 && j >= 0 && (states[i].next & states[j].bit);
}

static JobRequestResult
find_request(gssize state, JobRequest request, JobState *next)
{
    for (gsize i = 0; i < G_N_ELEMENTS(requests); i++) {
        if (requests[i].request != request || !(requests[i].from & states[state].bit))
            continue;
        if (requests[i].next != 0)
            *next = requests[i].next;
        return requests[i].result;
    }

    return JOB_RESULT_INVALID_TRANSITION;
}

JobRequestResult
job_state_request(JobState state, gboolean resumable, guint request, guint64 timeout,
                  JobState *next)
{
    gssize i = find_state(state);

    *next = state;
    if (request < JOB_REQUEST_START || request > JOB_REQUEST_KILL)
        return JOB_RESULT_INVALID_PARAMETER;
    if (timeout != 0)
        return JOB_RESULT_NO_TIMEOUT;
    if (i < 0)
        return JOB_RESULT_INVALID_TRANSITION;
    if (job_state_is_final(state) && !job_state_is_success(state) && resumable &&
        (request == JOB_REQUEST_START || request == JOB_REQUEST_KILL)) {
        *next = request == JOB_REQUEST_START ? JOB_STATE_NEW : JOB_STATE_SHUTTING_DOWN;
        return JOB_RESULT_STARTED;
    }

    return find_request(i, request, next);
}
