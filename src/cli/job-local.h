/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/progress.h"
#include "job/job-work.h"

G_BEGIN_DECLS

/** Options of a job that runs in this process. */
typedef struct {
    const char *label;     /* shown with its progress */
    ProgressMode progress;
    gboolean resume;       /* resume what an earlier command left */
    gboolean transfers;    /* it moves data, for which there are a limit and a pause: keys are for
                            * that, at a progress bar */
} JobLocalOptions;

/**
 * job_local_run:
 * @work: the work of the job, which has its results when this function returns
 *
 * Runs a job in this process and follows it to its end. Ctrl-C kills it, SIGTERM and SIGHUP
 * terminate it, and a second of these ends the process at once; as long as it has not changed
 * anything the first one does, unless the command is a line of a shell. Ctrl-Z suspends it and
 * stops the process, or only the former while guests wait for it (job_holds_guests()), and at a
 * progress bar keys change its limit (+, -, 0) and pause it (p).
 * Returns: FALSE with the error of the job.
 */
gboolean job_local_run(CliContext *cli, JobWork *work, const JobLocalOptions *options,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
