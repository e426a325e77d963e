/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "job/job-info.h"

G_BEGIN_DECLS

/* What the runs of a job have left at its target without coming to an end. */

/** job_left_over: Returns: FALSE if there is nothing. What cannot be looked for is taken to be
 * there. */
gboolean job_left_over(const JobSubject *subject);

/** job_left_changed: Returns: when something was last written to it, of whatever job, in seconds
 * since the epoch; 0: there is nothing, or it cannot be looked at. */
gint64 job_left_changed(const JobSubject *subject);

/** job_discard_left_over: Removes it. Returns: FALSE if it may still be there. */
gboolean job_discard_left_over(const JobSubject *subject, GError **error)
    G_GNUC_WARN_UNUSED_RESULT;

G_END_DECLS
