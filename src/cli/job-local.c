/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "cli/connection.h"
#include "cli/follow.h"
#include "cli/job-local.h"
#include "job/job.h"
#include "util/format.h"

/* Interval at which the progress is polled, in milliseconds. */
#define PROGRESS_MS 100
/* The lowest limit that a key can set. */
#define RATE_LEAST ((guint64)64 << 10)

typedef struct {
    CliContext *cli;
    JobWork *work;
    Job *job;
    Follow *follow;
    gboolean resume;
    gboolean paused; /* it was suspended by a key, or by Ctrl-Z that did not stop the process */
    gboolean stayed; /* it was by the latter */
    guint n_signals;
} LocalJob;

/* Called in the thread of the job. */
static Hypervisor *
connect_for(gpointer cli, GError **error)
{
    return cli_connection(cli, error);
}

static gboolean
on_over(gpointer data)
{
    LocalJob *self = data;

    follow_quit(self->follow);

    return G_SOURCE_REMOVE;
}

/* Called in any thread. */
static void
on_local_job_change(Job *job, const JobChange *change, gpointer data)
{
    if (change->kind == JOB_CHANGE_STATE && job_state_is_final(change->state))
        g_idle_add(on_over, data);
}

static gboolean
show_figures(gpointer data)
{
    LocalJob *self = data;
    JobFigures figures;

    job_get_figures(self->job, &figures);
    follow_show(self->follow, figures.cur, figures.end);

    return G_SOURCE_CONTINUE;
}

/* --- signals -------------------------------------------------------------------- */

/* Ends the process at once. It is called while a call of the hypervisor cannot be interrupted but
 * nothing has been changed that would have to be undone. */
static G_GNUC_NORETURN void
exit_at_once(LocalJob *self, gboolean kill)
{
    const JobWorkType *type = self->work->type;
    g_autoptr(GError) error =
        kill ? g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED, _(type->cancelled))
             : g_error_new_literal(VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED,
                                   _(type->interrupted));

    follow_finish(self->follow, FALSE);
    _exit(cli_finish(self->cli, cli_fail(self->cli, error)));
}

static const char *
forced_text(const JobWorkType *type)
{
    return type->forced ? _(type->forced) : _("ended by force; what it has begun may be left");
}

static gboolean
is_ending_unplanned(Job *job)
{
    return job_get_state(job) == JOB_STATE_SHUTTING_DOWN && !job_is_planned(job);
}

/* SIGINT kills the job. SIGTERM and SIGHUP usually come from the system, so they terminate the job,
 * which can be resumed; they also end a shell, because they ask the process to exit. */
static void
end_local(Follow *follow, gpointer job, int signum)
{
    LocalJob *self = job;
    gboolean kill = signum == SIGINT;
    /* What an earlier command left must not be removed before this one has begun to resume it. */
    gboolean remove = kill && (!self->resume || job_is_planned(self->job));

    if (!kill && self->cli->session)
        self->cli->session->leave = TRUE;
    job_request_state_change(self->job, remove ? JOB_REQUEST_KILL : JOB_REQUEST_TERMINATE, 0);
    if (!self->cli->session && is_ending_unplanned(self->job))
        exit_at_once(self, kill);
    if (++self->n_signals > 1) {
        follow_finish(follow, FALSE);
        cli_warning("%s", forced_text(self->work->type));
        _exit(CLI_FAILED);
    }
}

static gboolean
suspend_local(Follow *follow, gpointer job, gboolean suspend)
{
    LocalJob *self = job;

    return job_request_state_change(self->job, suspend ? JOB_REQUEST_SUSPEND : JOB_REQUEST_START,
                                    0) == JOB_RESULT_DONE;
}

/* If there is no limit, the first one is half of the present rate. */
static guint64
rate_of_key(char key, guint64 limit, guint64 now)
{
    if (key == '0')
        return 0;
    if (key == '+' || key == '=')
        return limit > G_MAXUINT64 / 2 ? limit : limit * 2;
    if (limit == 0)
        limit = now;

    return limit / 2 < RATE_LEAST ? MIN(limit, RATE_LEAST) : limit / 2;
}

static void
show_limit(LocalJob *self, guint64 rate)
{
    g_autofree char *text = rate > 0 ? format_bytes(rate) : NULL;

    if (self->paused)
        follow_note(self->follow, g_strdup(_("paused")));
    else
        follow_note(self->follow, text ? g_strdup_printf(_("at most %s/s"), text) : NULL);
}

static void
key_local(Follow *follow, gpointer job, char key)
{
    LocalJob *self = job;
    JobFigures figures;

    if (!key || !strchr("+=-0p", key))
        return;
    job_get_figures(self->job, &figures);
    if (key != 'p') {
        figures.bandwidth = rate_of_key(key, figures.bandwidth, follow_rate(follow));
        job_set_bandwidth(self->job, figures.bandwidth);
    } else if (suspend_local(follow, self, !self->paused)) {
        self->paused = !self->paused;
        self->stayed = FALSE;
    }
    show_limit(self, figures.bandwidth);
}

/* --- Ctrl-Z while guests are held ------------------------------------------------- */

/* Makes the transfers go on, or be suspended if @pause is set. */
static void
pause_local(LocalJob *self, gboolean pause)
{
    JobFigures figures;

    job_get_figures(self->job, &figures);
    self->paused = self->stayed = pause;
    show_limit(self, figures.bandwidth);
    follow_hide(self->follow);
    if (pause)
        cli_warning(_("guests wait for virtsnap, so it is not stopped, only its transfers are; "
                      "Ctrl-Z once more makes them go on"));
    else
        cli_warning(_("the transfers go on"));
}

static gboolean
stay_local(Follow *follow, gpointer job, gboolean suspended)
{
    LocalJob *self = job;

    if (!job_holds_guests(self->job))
        return FALSE;
    if (suspended)
        pause_local(self, TRUE);
    else if (self->stayed && suspend_local(follow, self, FALSE))
        pause_local(self, FALSE);
    else
        cli_warning(_("guests wait for virtsnap, so it is not stopped"));

    return TRUE;
}

static void
go_on_local(Follow *follow, gpointer job)
{
    LocalJob *self = job;

    if (self->stayed && suspend_local(follow, self, FALSE))
        pause_local(self, FALSE);
}

/* --- public function ------------------------------------------------------------- */

static void
follow_to_end(LocalJob *self)
{
    const JobHost host = {.connect = connect_for, .data = self->cli};
    guint timer = g_timeout_add(PROGRESS_MS, show_figures, self);

    job_set_notify(self->job, on_local_job_change, self);
    if (self->resume)
        job_set_resume(self->job);
    job_start(self->job, &host);
    follow_run(self->follow);
    job_set_notify(self->job, NULL, NULL);
    job_join(self->job);
    g_source_remove(timer);
}

gboolean
job_local_run(CliContext *cli, JobWork *work, const JobLocalOptions *options, GError **error)
{
    const FollowOps ops = {.end = end_local,
                           .suspend = suspend_local,
                           .stay = stay_local,
                           .go_on = go_on_local,
                           .key = options->transfers ? key_local : NULL};
    g_autoptr(Job) job = job_new(g_get_user_name(), work);
    LocalJob self = {.cli = cli, .work = work, .job = job, .resume = options->resume};
    g_autoptr(Follow) follow =
        follow_new(&ops, &self, options->label, options->progress, cli->globals.quiet);
    GError *failure;

    self.follow = follow;
    follow_to_end(&self);
    failure = job_get_failure(job);
    if (!failure)
        show_figures(&self);
    follow_finish(follow, !failure);
    if (failure)
        g_propagate_error(error, failure);

    return !failure;
}
