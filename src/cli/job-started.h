/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "cli/context.h"
#include "cli/progress.h"

G_BEGIN_DECLS

/** What the methods of the service return for a job that has been started. */
#define JOB_STARTED 4096

/** How a job of the service is followed by the command that began it. */
typedef struct {
    gboolean async; /* not at all */
    ProgressMode progress;
    const char *done; /* what is said when it has ended well, translated: "Exported to '%s'", of
                       * the directory that it has made */
} JobStartedOptions;

/**
 * job_started:
 * @path: (nullable): of the job; NULL: there is none because of @why
 * @why: (nullable): then with what it was refused
 *
 * Follows the job to its end, or only says which it is. Returns: the exit status; errors have been
 * told.
 */
int job_started(CliContext *cli, const char *path, const GError *why,
                const JobStartedOptions *options) G_GNUC_WARN_UNUSED_RESULT;

/**
 * job_unserved:
 * @what: what the service does not do
 *
 * Sets the error of a command that cannot be carried out by the service. Returns: FALSE.
 */
gboolean job_unserved(const char *what, GError **error);

G_END_DECLS
