/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job.h"

G_BEGIN_DECLS

/* Jobs that were interrupted, and that nobody goes on with. */

/** job_expiry_left: @since: seconds since the epoch. Returns: how many seconds are left of @stay; a
 * clock that was set back meanwhile makes it longer, by @stay at most. */
guint job_expiry_left(gint64 since, guint64 stay);

/** Called from the main loop; @left: seconds until it is to be looked at again; 0: never. */
typedef void (*JobExpiryChecked)(guint left, gpointer data);

/**
 * job_expiry_check:
 * @job: interrupted @stay seconds ago
 * @lane: of WORK_TARGET, in which all requests to it are made: none comes between
 * @checked: called once with @data
 *
 * Kills @job, unless it was resumed, or something was written to what it has left less than @stay
 * seconds ago: then somebody else goes on with that.
 */
void job_expiry_check(Job *job, const char *lane, guint64 stay, JobExpiryChecked checked,
                      gpointer data);

G_END_DECLS
