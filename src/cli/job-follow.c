/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n.h>
#include <signal.h>

#include "cli/follow.h"
#include "cli/job-show.h"
#include "cli/service.h"
#include "job/job-state.h"

typedef struct {
    CliContext *cli;
    BusJob *job;
    Follow *follow;
    JobTies ties;
    gboolean left; /* the user has stopped watching, or has ended the job */
    gboolean gone; /* the service has gone */
} ServiceFollow;

static void
show_job(ServiceFollow *self)
{
    follow_show(self->follow, bus_job_get_cur(self->job), bus_job_get_end(self->job));
}

static void
on_properties(GDBusProxy *proxy, GVariant *changed, GStrv invalidated, gpointer data)
{
    ServiceFollow *self = data;

    show_job(self);
    if (job_state_is_final(bus_job_get_job_state(self->job)))
        follow_quit(self->follow);
}

static void
on_owner(GObject *proxy, GParamSpec *pspec, gpointer data)
{
    ServiceFollow *self = data;
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(proxy));

    if (owner)
        return;
    self->gone = TRUE;
    follow_quit(self->follow);
}

/* What an earlier job left must not be removed before this one has begun to resume it. */
static gboolean
may_remove(const ServiceFollow *self)
{
    guint state = bus_job_get_job_state(self->job);

    return self->ties != JOB_RESUMES || (state != JOB_STATE_NEW && state != JOB_STATE_STARTING);
}

/* Ctrl-C kills a job that this command has started. SIGTERM asks only the command to end, so what
 * is copied stays; it also ends a shell. A terminal that goes away (SIGHUP) ends no job: that it
 * does not depend on who watches it is why it is the service's. */
static void
end_service(Follow *follow, gpointer job, int signum)
{
    ServiceFollow *self = job;
    gboolean kill = signum == SIGINT && may_remove(self);
    g_autoptr(GError) error = NULL;

    if (signum != SIGINT && self->cli->session)
        self->cli->session->leave = TRUE;
    if (signum != SIGHUP && self->ties != JOB_WATCHED && !self->left) {
        self->left = TRUE;
        /* The first signal ends the job and waits for its end; a second one does not wait. */
        if (cli_service_request(self->cli, self->job,
                                kill ? JOB_REQUEST_KILL : JOB_REQUEST_TERMINATE, &error))
            return;
        follow_hide(follow);
        cli_warning("%s", error->message);
    }
    self->left = TRUE;
    follow_quit(follow);
}

/* Suspends the job only if this command started it; any other job continues while it is not
 * watched. */
static gboolean
suspend_service(Follow *follow, gpointer job, gboolean suspend)
{
    ServiceFollow *self = job;

    return self->ties != JOB_WATCHED &&
           cli_service_request(self->cli, self->job,
                               suspend ? JOB_REQUEST_SUSPEND : JOB_REQUEST_START, NULL);
}

static void
watch_service_job(ServiceFollow *self)
{
    gulong properties =
        g_signal_connect(self->job, "g-properties-changed", G_CALLBACK(on_properties), self);
    gulong owner =
        g_signal_connect(self->job, "notify::g-name-owner", G_CALLBACK(on_owner), self);

    show_job(self);
    if (!job_state_is_final(bus_job_get_job_state(self->job)))
        follow_run(self->follow);
    g_signal_handler_disconnect(self->job, properties);
    g_signal_handler_disconnect(self->job, owner);
}

static gboolean
job_outcome(const ServiceFollow *self, GError **error)
{
    const char *number = job_show_number(self->job);
    guint state = bus_job_get_job_state(self->job);
    guint code = bus_job_get_error_code(self->job);

    if (job_state_is_success(state))
        return TRUE;
    if (self->gone)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED,
                    _("The service ended while job %s was running; 'virtsnap job-resume %s' "
                      "resumes it"),
                    number, number);
    else if (!job_state_is_final(state))
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED,
                    _("Job %s is still running; 'virtsnap job-wait %s' shows its progress"), number,
                     number);
    else if (state == JOB_STATE_TERMINATED)
        g_set_error(error, VIRT_SNAP_ERROR, (gint)code,
                    _("%s ('virtsnap job-resume %s' resumes the job)"),
                    bus_job_get_error_description(self->job), number);
    else if (code != 0)
        g_set_error_literal(error, VIRT_SNAP_ERROR, (gint)code,
                            bus_job_get_error_description(self->job));
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED, _("Job %s was ended: %s"),
                    number, job_state_name(state));

    return FALSE;
}

gboolean
job_follow(CliContext *cli, BusJob *job, ProgressMode mode, JobTies ties, GError **error)
{
    static const FollowOps ops = {.end = end_service, .suspend = suspend_service};
    g_autofree char *name = g_strdup(bus_job_get_name(job));
    ServiceFollow self = {.cli = cli, .job = job, .ties = ties};
    g_autoptr(Follow) follow = follow_new(&ops, &self, name, mode, cli->globals.quiet);

    self.follow = follow;
    watch_service_job(&self);
    if (!self.gone)
        cli_service_add_details(job);
    follow_finish(follow, job_state_is_success(bus_job_get_job_state(job)));

    return job_outcome(&self, error);
}
