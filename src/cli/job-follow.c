/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib-unix.h>
#include <glib/gi18n.h>

#include "cli/job-show.h"
#include "cli/service.h"
#include "job/job-state.h"

typedef struct {
    CliContext *cli;
    BusJob *job;
    Progress *progress;
    GMainLoop *loop;
    gboolean kill;
    gboolean left; /* the user has seen enough */
    gboolean gone; /* the service has */
} Follow;

static void
show(Follow *follow)
{
    guint64 end = bus_job_get_end(follow->job);

    /* What there is to do is known when the job has been planned. */
    if (end > 1)
        progress_update(follow->progress, bus_job_get_name(follow->job),
                        bus_job_get_cur(follow->job), end);
}

static void
on_properties(GDBusProxy *proxy, GVariant *changed, GStrv invalidated, gpointer data)
{
    Follow *follow = data;

    show(follow);
    if (job_state_is_final(bus_job_get_job_state(follow->job)))
        g_main_loop_quit(follow->loop);
}

static void
on_owner(GObject *proxy, GParamSpec *pspec, gpointer data)
{
    Follow *follow = data;
    g_autofree char *owner = g_dbus_proxy_get_name_owner(G_DBUS_PROXY(proxy));

    if (owner)
        return;
    follow->gone = TRUE;
    g_main_loop_quit(follow->loop);
}

static gboolean
on_signal(gpointer data)
{
    Follow *follow = data;
    g_autoptr(GError) error = NULL;

    if (follow->kill && !follow->left) {
        follow->left = TRUE;
        /* Its end is waited for; a second signal does not wait. */
        if (cli_service_request(follow->cli, follow->job, JOB_REQUEST_KILL, &error))
            return G_SOURCE_CONTINUE;
        progress_hide(follow->progress);
        cli_warning("%s", error->message);
    }
    follow->left = TRUE;
    g_main_loop_quit(follow->loop);

    return G_SOURCE_CONTINUE;
}

static void
watch(Follow *follow)
{
    guint sources[] = {
        g_unix_signal_add(SIGINT, on_signal, follow),
        g_unix_signal_add(SIGTERM, on_signal, follow),
        g_unix_signal_add(SIGHUP, on_signal, follow),
    };
    gulong properties = g_signal_connect(follow->job, "g-properties-changed",
                                         G_CALLBACK(on_properties), follow);
    gulong owner =
        g_signal_connect(follow->job, "notify::g-name-owner", G_CALLBACK(on_owner), follow);

    show(follow);
    if (!job_state_is_final(bus_job_get_job_state(follow->job)))
        g_main_loop_run(follow->loop);
    g_signal_handler_disconnect(follow->job, properties);
    g_signal_handler_disconnect(follow->job, owner);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        g_source_remove(sources[i]);
}

static gboolean
outcome(const Follow *follow, GError **error)
{
    const char *number = job_show_number(follow->job);
    guint state = bus_job_get_job_state(follow->job);
    guint code = bus_job_get_error_code(follow->job);

    if (job_state_is_success(state))
        return TRUE;
    if (follow->gone)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_INTERRUPTED,
                    _("The service has gone while job %s was running; 'virtsnap job-resume %s' "
                      "goes on with it"),
                    number, number);
    else if (!job_state_is_final(state))
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED,
                    _("Job %s goes on; 'virtsnap job-wait %s' shows how"), number, number);
    else if (code != 0)
        g_set_error_literal(error, VIRT_SNAP_ERROR, (gint)code,
                            bus_job_get_error_description(follow->job));
    else
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CANCELLED, _("Job %s was ended: %s"),
                    number, job_state_name(state));

    return FALSE;
}

gboolean
job_follow(CliContext *cli, BusJob *job, ProgressMode mode, gboolean kill, GError **error)
{
    g_autoptr(Progress) progress = progress_new(mode, cli->globals.quiet);
    g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
    Follow follow = {
        .cli = cli, .job = job, .progress = progress, .loop = loop, .kill = kill};

    watch(&follow);
    if (!follow.gone)
        cli_service_add_details(job);
    progress_finish(progress, job_state_is_success(bus_job_get_job_state(job)));

    return outcome(&follow, error);
}
