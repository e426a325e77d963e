/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "bus/bus.h"
#include "cli/context.h"
#include "cli/progress.h"

G_BEGIN_DECLS

/** job_show_number: Returns: (transfer none): the number of @job as text, "3". */
const char *job_show_number(BusJob *job);

/** job_show_json: Returns: all about @job, owned by the caller. */
JsonObject *job_show_json(BusJob *job);

/** job_show: Prints all about @job, as `virsh domjobinfo` does. @report: (nullable): its report. */
void job_show(BusJob *job, GVariant *report);

/** job_show_list: Prints @jobs (element-type BusJob) as a table. */
void job_show_list(CliContext *cli, GPtrArray *jobs);

/** What a job of the service has to do with the command that follows it. */
typedef enum {
    JOB_WATCHED, /* it is somebody else's: the signals end the watching only */
    JOB_STARTED_HERE, /* the command has started it */
    JOB_RESUMES, /* the same, and it resumes what an earlier one has left */
} JobTies;

/**
 * job_follow:
 * @mode: how to show the progress
 * @ties: whether the job was started by this command: then Ctrl-C kills it, and SIGTERM ends it so
 * that it can be resumed. SIGHUP ends the watching only
 *
 * Watches @job to its end. Returns: FALSE with the error of the job; CANCELLED if the user stopped
 * watching; INTERRUPTED if the service has gone.
 */
gboolean job_follow(CliContext *cli, BusJob *job, ProgressMode mode, JobTies ties,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
