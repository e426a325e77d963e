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

/**
 * job_follow:
 * @mode: how to show the progress
 * @kill: whether the job was started by this command, so that Ctrl-C kills it; otherwise Ctrl-C
 * only stops watching
 *
 * Watches @job to its end. Returns: FALSE with the error of the job; CANCELLED if the user stopped
 * watching; INTERRUPTED if the service has gone.
 */
gboolean job_follow(CliContext *cli, BusJob *job, ProgressMode mode, gboolean kill,
                    GError **error) G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
