/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job.h"

G_BEGIN_DECLS

/* Brings the changes of a job, which come from any thread, to an object that lives in a main
 * context, and to whoever waits. It outlives the object, because the job may. */

typedef struct JobWatch JobWatch;

/** Called in the main context. @state: (nullable): that the job has come to; NULL: only its
 * figures may have changed, asked for five times a second. */
typedef void (*JobWatchFunc)(GObject *object, const JobState *state);

/** job_watch_new: Watches @job for @object, in the thread's default main context. Returns: to be
 * given back with job_watch_unref(). */
JobWatch *job_watch_new(Job *job, GObject *object, JobWatchFunc func);
JobWatch *job_watch_ref(JobWatch *self);
void job_watch_unref(gpointer self);

/** job_watch_wait: Waits until the job is over. Returns: FALSE if @cancellable ended that. */
gboolean job_watch_wait(JobWatch *self, GCancellable *cancellable);

/** job_watch_add_task: Completes @task (transfer full) when the job is over: with TRUE, or with
 * why it did not succeed. */
void job_watch_add_task(JobWatch *self, GTask *task);

G_END_DECLS
