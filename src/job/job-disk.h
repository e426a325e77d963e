/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* The figures of a job and of its disks, as those of a libvirt block job. */

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
    guint type;        /* virDomainBlockJobType */
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

/** job_figures_percent: Returns: 0..100, and 100 only if cur is end. */
guint job_figures_percent(const JobFigures *figures);

/** job_disk_new: Returns: one of which nothing is done, owned by the caller. */
JobDisk *job_disk_new(const char *domain, const char *target, const char *path);
JobDisk *job_disk_copy(const JobDisk *self);

/** job_disk_free: NULL is fine. */
void job_disk_free(JobDisk *self);

/** job_disks_new: Returns: (element-type JobDisk): an empty list that owns what is added to it;
 * owned by the caller. */
GPtrArray *job_disks_new(void);

/** job_disks_copy: Returns: a copy of @disks (element-type JobDisk), owned by the caller. */
GPtrArray *job_disks_copy(GPtrArray *disks);

G_END_DECLS
