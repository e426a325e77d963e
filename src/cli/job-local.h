/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/context.h"
#include "cli/progress.h"
#include "job/job-work.h"

G_BEGIN_DECLS

/** How a job of this process is run and shown. */
typedef struct {
    const char *label;     /* of its progress */
    ProgressMode progress;
    gboolean resume;       /* go on with what an earlier command left */
    gboolean transfers;    /* it moves data, for which there are a limit and a pause: keys are for
                            * that, at a progress bar */
} JobLocalOptions;

/**
 * job_local_run:
 * @work: what to do; its results are there when this returns
 *
 * Runs a job in this process and follows it to its end. Ctrl-C kills it, SIGTERM and SIGHUP
 * terminate it, and a second of these ends the process at once; as long as it has not changed
 * anything the first one does, unless the command is a line of a shell. Ctrl-Z suspends it,
 * and at a progress bar keys change its limit (+, -, 0) and pause it (p).
 * Returns: FALSE with what it failed with.
 */
gboolean job_local_run(CliContext *cli, JobWork *work, const JobLocalOptions *options,
                       GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
