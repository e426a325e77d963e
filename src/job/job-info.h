/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-disk.h"
#include "job/job-report.h"
#include "job/job-state.h"
#include "job/job-work.h"

G_BEGIN_DECLS

/* What there is to know of a job, as plain values. */

/** TimeBeforeRemoval: how long finished jobs stay at least, for those who look once a minute. */
#define JOB_REMOVAL_SECONDS 300

typedef struct {
    char *id;         /* InstanceID */
    char *name;
    char *owner;
    guint type;       /* JobType of Msvm_ConcreteJob */
    JobState state;
    guint percent;    /* 0..100, 100 only when it is complete; never falls */
    gint64 submitted; /* us since the epoch, and so the others; 0: not yet */
    gint64 started;
    gint64 changed;   /* TimeOfLastStateChange */
    gint64 ended;
    gint64 elapsed;   /* us */
    guint error_code; /* 0: none */
    char *error;      /* ErrorDescription, or NULL */
    gboolean cancellable;
    gboolean resumable; /* something is left, which requesting it to start goes on with, and to
                         * kill it removes */
    guint64 time_before_removal; /* seconds */
    JobFigures figures;
    GPtrArray *disks;   /* JobDisk */
    JobWork *work;      /* held */
    JobReport *report;  /* NULL: not known yet */
    GPtrArray *warnings; /* char* */
} JobInfo;

/** job_info_new: Returns: one in which nothing is set but lists, owned by the caller. */
JobInfo *job_info_new(void);

/** job_info_begin: Returns: that of a new job that @owner asked for, which is to do @work (held),
 * with an id of its own; owned by the caller. */
JobInfo *job_info_begin(const char *owner, JobWork *work);

/** job_info_copy: Returns: the same, owned by the caller. */
JobInfo *job_info_copy(const JobInfo *self);

/** job_info_error: Returns: why the job did not succeed, owned by the caller; NULL: it did, or is
 * not over. */
GError *job_info_error(const JobInfo *self);

/** job_info_error_xml: Returns: GetError: an Msvm_Error as CIM-XML, owned by the caller; NULL if
 * the job has no error. */
char *job_info_error_xml(const JobInfo *self);

/** job_info_free: NULL is fine. */
void job_info_free(JobInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobInfo, job_info_free)

G_END_DECLS
