/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Decides which jobs run and which wait. They start in the order in which they were added, but a
 * job that waits for a busy file system does not delay those for another one. To be used from one
 * thread. */

typedef struct JobQueue JobQueue;

/** Starts the job that was added with @data. */
typedef void (*JobQueueStart)(gpointer data);

/**
 * job_queue_new:
 * @jobs: maximal number of running jobs
 * @per_device: maximal number of running jobs on the same file system
 * @waiting: maximal number of waiting jobs
 *
 * Returns: owned by the caller.
 */
JobQueue *job_queue_new(guint jobs, guint per_device, guint waiting);

/**
 * job_queue_add:
 * @device: the file system that the job writes to
 * @start: called with @data to start the job, perhaps before this function returns
 * @data: identifies the job
 *
 * Returns: FALSE with IN_USE if too many jobs are waiting already.
 */
gboolean job_queue_add(JobQueue *self, guint64 device, JobQueueStart start, gpointer data,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** job_queue_remove: Removes the job @data, which has ended or must not start any more. Other jobs
 * may start before this function returns. */
void job_queue_remove(JobQueue *self, gpointer data);

/** job_queue_length: Returns: the number of running and waiting jobs. */
guint job_queue_length(const JobQueue *self);

void job_queue_free(JobQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobQueue, job_queue_free)

G_END_DECLS
