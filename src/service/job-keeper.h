/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-record.h"
#include "job/job.h"

G_BEGIN_DECLS

/* Saves the records of jobs in threads. A record has the state of its job at the time of writing;
 * records of one job are written in the order of the calls. */

typedef struct JobKeeper JobKeeper;

/** Called from the main loop when a record was written; @error is NULL on success. */
typedef void (*JobKept)(const GError *error, gpointer data);

/**
 * job_keeper_new:
 * @seconds: how long to wait for another process to give up the records, as one that is ending does
 *
 * Opens the directory of records and creates it if it does not exist. Two services would overwrite
 * each other's records, and take each other's jobs for interrupted: so it is locked until the
 * keeper is freed or the process ends. Returns: owned by the caller; NULL with IN_USE if another
 * process still has it.
 */
JobKeeper *job_keeper_new(guint seconds, GError **error) G_GNUC_WARN_UNUSED_RESULT;

/** job_keeper_load_all: Returns: (element-type JobRecord): all records, sorted by number; owned by
 * the caller. Unusable records are logged as warnings. @last: (out): the highest number that
 * a job ever had, or at least of any record. */
GPtrArray *job_keeper_load_all(JobKeeper *self, guint *last, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_keeper_save:
 * @kept: called once with @data
 *
 * Writes the record @number of @job, which belongs to the user @uid. When @kept is called without
 * an error, the record is durable, and so is that @number was used.
 */
void job_keeper_save(JobKeeper *self, Job *job, guint number, guint uid, JobKept kept,
                     gpointer data);

/** job_keeper_forget: Removes the record @number. */
void job_keeper_forget(JobKeeper *self, guint number);

/** job_keeper_save_last: Writes a record in the calling thread, at the end of the service: only
 * after work_finish_records(), when no thread writes records any more. */
void job_keeper_save_last(JobKeeper *self, Job *job, guint number, guint uid);

/** job_keeper_free: Frees @self, which may be NULL. To be called after work_finish_records(). */
void job_keeper_free(JobKeeper *self);

G_END_DECLS
