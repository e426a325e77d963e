/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job.h"

G_BEGIN_DECLS

/* Expiry of interrupted jobs that nobody resumes. */

/** job_expiry_left: Returns: the seconds that are left until @stay seconds after @since (seconds
 * since the epoch), at most @stay, in case the clock was set back meanwhile. */
guint job_expiry_left(gint64 since, guint64 stay);

/** Called from the main loop. @left: seconds until the job has to be checked again; 0: not
 * again. */
typedef void (*JobExpiryChecked)(guint left, gpointer data);

/**
 * job_expiry_check:
 * @job: a job that was interrupted @stay seconds ago
 * @lane: the lane of WORK_TARGET in which all requests to @job are processed, so that none comes in
 * between
 * @checked: called once with @data
 *
 * Kills @job, unless it was resumed, or its files were written to less than @stay seconds ago,
 * because then another job resumes them.
 */
void job_expiry_check(Job *job, const char *lane, guint64 stay, JobExpiryChecked checked,
                      gpointer data);

G_END_DECLS
