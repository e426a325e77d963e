/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-disk.h"
#include "job/job-report.h"
#include "job/job-state.h"
#include "job/job-work.h"

G_BEGIN_DECLS

/* Everything that is known about a job, as plain values. */

/** TimeBeforeRemoval: the least time that a finished job is kept, so that clients which poll once a
 * minute see its result. */
#define JOB_REMOVAL_SECONDS 300

typedef struct {
    char *id;         /* InstanceID */
    char *name;
    char *owner;
    guint type;       /* JobType of Msvm_ConcreteJob */
    JobState state;
    guint percent;    /* 0..100, 100 only when the job is complete; never decreases */
    gint64 submitted; /* times in microseconds since the epoch; 0: not yet */
    gint64 started;
    gint64 changed;   /* TimeOfLastStateChange */
    gint64 ended;
    gint64 elapsed;   /* us */
    guint ends;       /* how often it has ended in this process: it may be resumed after each end */
    guint error_code; /* 0: none */
    char *error;      /* ErrorDescription, or NULL */
    gboolean cancellable;
    gboolean resumable; /* the job has left something behind: requesting Start resumes it,
                         * requesting Kill removes it */
    guint64 time_before_removal; /* seconds */
    JobFigures figures;
    GPtrArray *disks;   /* JobDisk */
    JobWork *work;      /* held */
    JobReport *report;  /* NULL: not known yet */
    GPtrArray *warnings; /* char* */
} JobInfo;

/** job_info_new: Returns: an info with empty lists and nothing else set, owned by the caller. */
JobInfo *job_info_new(void);

/** job_info_begin: Returns: the info of a new job with a new unique id, for @owner, which will do
 * @work (a reference is taken); owned by the caller. */
JobInfo *job_info_begin(const char *owner, JobWork *work);

/** job_info_copy: Returns: a copy, owned by the caller. */
JobInfo *job_info_copy(const JobInfo *self);

/** job_info_error: Returns: why the job did not succeed, owned by the caller; NULL if it succeeded
 * or is not finished. */
GError *job_info_error(const JobInfo *self);

/** job_info_error_xml: Returns: the result of the CIM method GetError, an Msvm_Error as CIM-XML,
 * owned by the caller; NULL if the job has no error. */
char *job_info_error_xml(const JobInfo *self);

/** job_info_free: Frees @self, which may be NULL. */
void job_info_free(JobInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobInfo, job_info_free)

G_END_DECLS
