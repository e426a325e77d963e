/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "import/import-prepare.h"
#include "job/job-run.h"

G_BEGIN_DECLS

/* The work of a job that imports. */

/** JobType of Msvm_ConcreteJob: import of a virtual machine. */
#define JOB_TYPE_IMPORT 61

/** virDomainBlockJobType: the type of jobs that copy images. */
#define JOB_BLOCK_TYPE_COPY 2

extern const JobWorkType import_work_type;

typedef struct {
    JobWork parent;

    /* The parameters: */
    char *path;      /* absolute path of the export */
    char *directory; /* requested directory, absolute */
    ImportSettings *settings;

    /* What the last run has come to, for who asks when the job is in a final state: */
    ImportResult result;     /* zeros, but for what is left, if it failed */
    ImportPrepared prepared; /* its plan and, of a dry run, what does not fit the host; all files of
                              * the export are closed. Zeros if it failed. */
} ImportWork;

/** import_work_default_directory: Returns: the directory for the files that are no images, of an
 * import into a storage pool that names none; owned by the caller. */
char *import_work_default_directory(void);

/**
 * import_work_new:
 * @path: of the export
 * @directory: below which its files come to be
 * @settings: (transfer full): settings, already checked
 *
 * The paths are made absolute and canonical here. Returns: owned by the caller, to be freed with
 * job_work_unref().
 */
ImportWork *import_work_new(const char *path, const char *directory, ImportSettings *settings);

G_END_DECLS
