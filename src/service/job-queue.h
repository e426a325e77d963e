/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Which jobs run, and which wait for their turn: first come, first served, but one that waits for
 * a busy file system does not hold up those for another one. To be used from one thread. */

typedef struct JobQueue JobQueue;

/** Starts the job that was added with @data. */
typedef void (*JobQueueStart)(gpointer data);

/**
 * job_queue_new:
 * @jobs: how many may run at once
 * @per_device: how many of them on the same file system
 * @waiting: how many may wait
 *
 * Returns: owned by the caller.
 */
JobQueue *job_queue_new(guint jobs, guint per_device, guint waiting);

/**
 * job_queue_add:
 * @device: the file system that the job writes to
 * @start: called with @data when it is the job's turn, perhaps at once
 * @data: names the job
 *
 * Returns: FALSE with IN_USE if too many wait already.
 */
gboolean job_queue_add(JobQueue *self, guint64 device, JobQueueStart start, gpointer data,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** job_queue_remove: @data has ended, or shall not start any more. Others may start by this. */
void job_queue_remove(JobQueue *self, gpointer data);

/** job_queue_length: Returns: how many jobs run or wait. */
guint job_queue_length(const JobQueue *self);

void job_queue_free(JobQueue *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobQueue, job_queue_free)

G_END_DECLS
