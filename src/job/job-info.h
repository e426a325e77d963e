/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "export/plan.h"
#include "job/job-state.h"

G_BEGIN_DECLS

/* What there is to know of a job, as plain values. */

/** TimeBeforeRemoval: how long finished jobs stay at least, for those who look once a minute. */
#define JOB_REMOVAL_SECONDS 300

/** JobType of Msvm_ConcreteJob: export of a virtual machine, of which a collection has several;
 * it has none of its own. */
#define JOB_TYPE_EXPORT 62

/** virDomainBlockJobType: the one that leaves the disk as it is is a backup. */
#define JOB_BLOCK_TYPE_BACKUP 5

/** Status of a disk that is finished, as virConnectDomainEventBlockJobStatus. */
typedef enum {
    JOB_DISK_COMPLETED = 0,
    JOB_DISK_FAILED = 1,
    JOB_DISK_CANCELLED = 2,
} JobDiskStatus;

/** Figures as virDomainBlockJobInfo has them. @cur reaches @end only when all is durable; before
 * it is known what there is to do, @end is 1. */
typedef struct {
    guint type;
    guint64 bandwidth; /* bytes a second, of the whole job; 0: no limit */
    guint64 cur;       /* bytes */
    guint64 end;
} JobFigures;

/** A disk, with all images that it needs. Those that other disks need too count for each. */
typedef struct {
    char *domain;
    char *target; /* "vda" */
    char *path;   /* of its top image */
    JobFigures figures;
} JobDisk;

/** What the job is for. */
typedef struct {
    char *uri;        /* of the hypervisor; NULL: its default */
    char *collection; /* NULL: unnamed */
    GPtrArray *domains; /* char* */
    char *snapshot;
    char *directory;  /* that was asked for */
    VirtSnapExportSettings *settings;
} JobSubject;

/** What an export has made, as Msvm_CollectionReferencePointExportJob reports it: paths. */
typedef struct {
    GPtrArray *domains;     /* char*: UUIDs */
    char *directory;        /* of the export */
    GPtrArray *disks;       /* char*: the top layer of each disk, and so of the rest */
    GPtrArray *config;
    GPtrArray *memory;
    GPtrArray *guest_state;
    char *base;             /* NULL: none */
} JobReport;

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
    JobSubject *subject;
    JobReport *report;  /* NULL: not known yet */
    GPtrArray *warnings; /* char* */
} JobInfo;

/** job_info_new: Returns: one in which nothing is set but lists, owned by the caller. */
JobInfo *job_info_new(void);

/** job_info_begin: Returns: that of a new export of @subject (copied) that @owner asked for, with
 * an id of its own; owned by the caller. */
JobInfo *job_info_begin(const char *owner, const JobSubject *subject);

/** job_info_copy: Returns: the same, owned by the caller. */
JobInfo *job_info_copy(const JobInfo *self);

/** job_info_error: Returns: why the job did not succeed, owned by the caller; NULL: it did, or is
 * not over. */
GError *job_info_error(const JobInfo *self);

/** job_info_error_xml: Returns: GetError: an Msvm_Error as CIM-XML, owned by the caller; NULL if
 * the job has no error. */
char *job_info_error_xml(const JobInfo *self);

/** job_info_copy_disks: Returns: a copy of @disks (JobDisk), owned by the caller. */
GPtrArray *job_info_copy_disks(GPtrArray *disks);

/** job_figures_percent: Returns: 0..100, and 100 only if cur is end. */
guint job_figures_percent(const JobFigures *figures);

JobSubject *job_subject_new(void);
JobSubject *job_subject_copy(const JobSubject *self);

/** job_report_new: Returns: what the export of @plan into @directory makes, caller's. */
JobReport *job_report_new(const Plan *plan, const char *directory);
/** job_report_new_empty: Returns: one in which nothing is set but lists, owned by the caller. */
JobReport *job_report_new_empty(void);
JobReport *job_report_copy(const JobReport *self);

/** job_disks_new: Returns: (element-type JobDisk): the disks of @plan, with @end set. @parts: (out)
 * (element-type GArray): for each, the numbers of its layers in @plan (guint, from 0). */
GPtrArray *job_disks_new(const Plan *plan, GPtrArray **parts);

/** job_disk_new: Returns: one, owned by the caller. */
JobDisk *job_disk_new(const char *domain, const char *target, const char *path);
JobDisk *job_disk_copy(const JobDisk *self);

/** Free what the name says. NULL is fine. */
void job_disk_free(JobDisk *self);
void job_subject_free(JobSubject *self);
void job_report_free(JobReport *self);
void job_info_free(JobInfo *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobSubject, job_subject_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobReport, job_report_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JobInfo, job_info_free)

G_END_DECLS
