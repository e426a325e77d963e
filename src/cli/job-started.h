/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "cli/context.h"
#include "cli/progress.h"

G_BEGIN_DECLS

/** Result code of the service's methods for a job that has been started. */
#define JOB_STARTED 4096

/** How a command follows the job that it has started with the service. */
typedef struct {
    gboolean async; /* do not follow it */
    gboolean resume; /* the job resumes what an earlier one has left */
    ProgressMode progress;
    const char *done; /* message when it has succeeded, translated */
    gboolean place;   /* "%s" in it is for the directory that the job has created */

    /* (nullable): names and texts that the result has with --json, in turn, ended by NULL. */
    const char *const *names;

    /* (nullable): called instead of that when the job has ended; @why: why it did not succeed, or
     * NULL. Returns: the exit status. */
    int (*ended)(CliContext *cli, BusJob *job, const GError *why, gconstpointer data);
    gconstpointer data;
} JobStartedOptions;

/**
 * job_started:
 * @path: (nullable): path of the job; NULL: there is no job because of @why
 * @why: (nullable): the error for which the job was refused
 *
 * Follows the job to its end, or only prints its number. Returns: the exit status; errors have been
 * printed.
 */
int job_started(CliContext *cli, const char *path, const GError *why,
                const JobStartedOptions *options) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
