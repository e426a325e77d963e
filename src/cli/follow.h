/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "cli/progress.h"
#include "job/job-state.h"

G_BEGIN_DECLS

/* Follows a job to its end: shows its progress and handles signals of the user. It is used for jobs
 * of virtsnapd and for those of this process, of any type. */

typedef struct Follow Follow;

/** The operations on a job. @job is the parameter of follow_new(). */
typedef struct {
    /* Called for Ctrl-C (SIGINT), SIGTERM and SIGHUP; possibly more than once. */
    void (*end)(Follow *follow, gpointer job, int signum);

    /* Suspends the job after Ctrl-Z, or resumes it when the process is continued (fg). Returns:
     * FALSE if the job must not or cannot be suspended. */
    gboolean (*suspend)(Follow *follow, gpointer job, gboolean suspend);

    /* (nullable): asked before Ctrl-Z stops the process. @suspended: what suspend() has returned.
     * Returns: TRUE if the process must go on, of which the user is told: others rely on it. NULL:
     * it may always be stopped. */
    gboolean (*stay)(Follow *follow, gpointer job, gboolean suspended);

    /* (nullable): the process was continued (SIGCONT), perhaps by somebody who takes it for
     * stopped because stay() has kept it. */
    void (*go_on)(Follow *follow, gpointer job);

    /* (nullable): the user has pressed @key at the progress bar. NULL: keys are left alone. */
    void (*key)(Follow *follow, gpointer job, char key);
} FollowOps;

/** follow_new: @label: shown with the progress; it and @job must stay valid. Returns: owned by the
 * caller. */
Follow *follow_new(const FollowOps *ops, gpointer job, const char *label, ProgressMode mode,
                   gboolean quiet);

/** follow_show: Shows that @cur of @end bytes are done; @end is 1 as long as the amount of work is
 * not known. */
void follow_show(Follow *self, guint64 cur, guint64 end);

/** follow_note: @note: (transfer full) (nullable): what is shown beside the label from now on. */
void follow_note(Follow *self, char *note);

/** follow_rate: Returns: the bytes a second of about the last seconds; 0: not known. */
guint64 follow_rate(const Follow *self);

/** follow_hide: Removes the progress from the terminal before a message. */
void follow_hide(Follow *self);

/** follow_run: Runs the main loop until follow_quit() and handles signals with FollowOps. */
void follow_run(Follow *self);
void follow_quit(Follow *self);

/** follow_finish: Ends the progress, and leaves the terminal as it was; the job ended well if
 * @done. */
void follow_finish(Follow *self, gboolean done);
void follow_free(Follow *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC(Follow, follow_free)

G_END_DECLS
