/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job.h"

G_BEGIN_DECLS

/* Delivers the changes of a job, which are made in any thread, to an object in its main context and
 * to everybody who waits for the end of the job. It can outlive the object, because the job can. */

typedef struct JobWatch JobWatch;

/** Called in the main context. @state: (nullable): the new state of the job; NULL: only its figures
 * may have changed, which are polled five times a second. @error: (nullable): of a final state: why
 * the job did not succeed; it may be under way again by now. */
typedef void (*JobWatchFunc)(GObject *object, const JobState *state, const GError *error);

/** job_watch_new: Watches @job for @object, in the thread's default main context. Returns: owned by
 * the caller. */
JobWatch *job_watch_new(Job *job, GObject *object, JobWatchFunc func);
JobWatch *job_watch_ref(JobWatch *self);
void job_watch_unref(gpointer self);

/** job_watch_wait: Waits until the job has ended. @error: (out) (nullable): why it did not succeed,
 * owned by the caller. Returns: FALSE if @cancellable ended the wait. */
gboolean job_watch_wait(JobWatch *self, GCancellable *cancellable, GError **error);

/** job_watch_add_task: Completes @task (transfer full) when the job has ended: with TRUE, or with
 * the error of that end. */
void job_watch_add_task(JobWatch *self, GTask *task);

G_END_DECLS
