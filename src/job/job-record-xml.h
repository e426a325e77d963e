/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"

G_BEGIN_DECLS

/* The persistent record of a job, as a value and as XML (schema: job.rng). */

#define JOB_RECORD_SCHEMA "job.rng"
/** The maximal size of a job's record in bytes. */
#define JOB_RECORD_BYTES_MAX (16 * 1024 * 1024)

typedef struct {
    guint number; /* number that names the job until it is removed */
    guint uid;    /* user id of the owner */
    JobInfo *info;
} JobRecord;

/** job_record_new: @info: (transfer full). Returns: a record, owned by the caller. */
JobRecord *job_record_new(guint number, guint uid, JobInfo *info);
void job_record_free(JobRecord *self);

/** job_record_parse: Returns: owned by the caller; CORRUPT if @text is not a job's record,
 * NOT_SUPPORTED if the type of its work is not registered. */
JobRecord *job_record_parse(const char *text, gsize length, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

/** job_record_format: Returns: the document, owned by the caller. */
char *job_record_format(const JobRecord *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobRecord, job_record_free)

G_END_DECLS
