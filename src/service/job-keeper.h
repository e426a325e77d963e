/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-record.h"
#include "job/job.h"

G_BEGIN_DECLS

/* Keeps the records of jobs, in threads: each is on disk as its job was when it was written, and
 * those of one job are written in the order in which that was asked for. */

typedef struct JobKeeper JobKeeper;

/** Called from the main loop when a record is written; @error is NULL if it is. */
typedef void (*JobKept)(const GError *error, gpointer data);

/** job_keeper_new: Opens the directory of records, which is made if it is not there. Returns: owned
 * by the caller. */
JobKeeper *job_keeper_new(GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** job_keeper_load_all: Returns: (element-type JobRecord): all records, by number; owned by the
 * caller. @last: (out): the highest number that any has. What cannot be used is warned of. */
GPtrArray *job_keeper_load_all(JobKeeper *self, guint *last, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_keeper_save:
 * @kept: called once with @data
 *
 * Writes the record @number, of @job, which belongs to the user @uid. It survives the service and
 * the machine when @kept is called.
 */
void job_keeper_save(JobKeeper *self, Job *job, guint number, guint uid, JobKept kept,
                     gpointer data);

/** job_keeper_forget: Removes the record @number. */
void job_keeper_forget(JobKeeper *self, guint number);

/** job_keeper_save_last: Writes it at once, at the end of the service: after work_finish_records(),
 * when nothing writes in a thread any more. */
void job_keeper_save_last(JobKeeper *self, Job *job, guint number, guint uid);

/** job_keeper_free: After work_finish_records(). NULL is fine. */
void job_keeper_free(JobKeeper *self);

G_END_DECLS
