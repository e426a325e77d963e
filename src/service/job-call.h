/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "service/job-service.h"
#include "service/work.h"

G_BEGIN_DECLS

/* A call of a method that starts a job and answers (u result, o job), or (u result, s name, o job)
 * with the name of what the job makes: what is done between the grant of access and the answer. */

typedef struct JobCall JobCall;

/** Makes the work of the job from the parameters of the call, and checks whether its sender may
 * have that done. It runs in a thread, because it may wait for a file system or a lock. Returns:
 * the work, owned by the caller; NULL with the error that the caller gets. */
typedef JobWork *(*JobCallMake)(JobCall *call, GError **error);

struct JobCall {
    GDBusMethodInvocation *invocation;
    JobService *jobs;
    gconstpointer data; /* from job_call_begin() */
    gboolean plan;      /* it only asks what would be done: there is no job to wait for, nor one to
                         * resume */
    guint uid;          /* user id of the sender */

    /* Set by the JobCallMake: */
    gboolean wait;   /* answer when the job has ended */
    gboolean resume; /* resume what an earlier job left */
    char *made;      /* owned; that name; NULL: the answer has none */

    /* Used by job-call.c only: */
    JobCallMake make;
    char *owner;
    JobWork *work; /* owned; NULL: not made yet */
    char *path;    /* path of the job that the caller waits for */
    GError *error; /* NULL: no error so far */
};

/**
 * job_call_begin:
 * @invocation: (transfer full): a call whose sender may do this
 * @kind: the threads in which @make runs
 * @lane: (nullable): the lane there
 * @data: for @make; it must stay valid
 *
 * Makes the work, starts its job and answers the call.
 */
void job_call_begin(GDBusMethodInvocation *invocation, JobService *jobs, WorkKind kind,
                    const char *lane, JobCallMake make, gconstpointer data);

G_END_DECLS
