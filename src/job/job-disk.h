/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The figures of a job and of its disks, with the meaning of those of a libvirt block job. */

/** The virDomainBlockJobType of jobs that only read the disk. */
#define JOB_BLOCK_TYPE_BACKUP 5

/** What has become of a disk, with the values of virConnectDomainEventBlockJobStatus. */
typedef enum {
    JOB_DISK_UNDER_WAY = -1, /* nothing that is told */
    JOB_DISK_COMPLETED = 0,
    JOB_DISK_FAILED = 1,
    JOB_DISK_CANCELLED = 2, /* or not come to any more */
    JOB_DISK_READY = 3,     /* all is there, and the domain can be switched over */
} JobDiskStatus;

/** Figures with the meaning of virDomainBlockJobInfo. @cur reaches @end only when everything is
 * durable; as long as the amount of work is not known, @end is 1. */
typedef struct {
    guint type;        /* virDomainBlockJobType */
    guint64 bandwidth; /* limit of the whole job in bytes a second; 0: no limit */
    guint64 cur;       /* bytes */
    guint64 end;
} JobFigures;

/** A disk with all images of its chain. An image that several disks share counts for each of
 * them. */
typedef struct {
    char *domain;
    char *target; /* "vda" */
    char *path;   /* path of its top image */
    JobFigures figures;
    JobDiskStatus status; /* that was told last, in the present or last run */
} JobDisk;

/** job_figures_percent: Returns: 0..100, and 100 only if cur is end. */
guint job_figures_percent(const JobFigures *figures);

/** job_disk_new: Returns: a disk of which nothing is done yet, owned by the caller. */
JobDisk *job_disk_new(const char *domain, const char *target, const char *path);
JobDisk *job_disk_copy(const JobDisk *self);

/** job_disk_free: Frees @self, which may be NULL. */
void job_disk_free(JobDisk *self);

/** job_disks_new: Returns: (element-type JobDisk): an empty list that owns what is added to it;
 * owned by the caller. */
GPtrArray *job_disks_new(void);

/** job_disks_copy: Returns: a copy of @disks (element-type JobDisk), owned by the caller. */
GPtrArray *job_disks_copy(GPtrArray *disks);

G_END_DECLS
