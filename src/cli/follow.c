/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <signal.h>
#include <unistd.h>

#include "cli/follow.h"
#include "cli/keys.h"
#include "util/fd.h"

struct Follow {
    const FollowOps *ops;
    gpointer job;
    const char *label;
    char *shown; /* the label with a note; NULL: there is none */
    Progress *progress;
    GMainLoop *loop;
};

/* --- keys ---------------------------------------------------------------------- */

static void
on_follow_key(char key, gpointer data)
{
    Follow *self = data;

    self->ops->key(self, self->job, key);
}

/* Keys are requested repeatedly, because the process may come to the foreground at any time. */
static void
follow_hold_keys(Follow *self)
{
    if (self->ops->key && progress_is_bar(self->progress))
        keys_hold(on_follow_key, self);
}

/* --- signals that end ---------------------------------------------------------- */

static gboolean
on_int(gpointer data)
{
    Follow *self = data;

    self->ops->end(self, self->job, SIGINT);

    return G_SOURCE_CONTINUE;
}

static gboolean
on_term(gpointer data)
{
    Follow *self = data;

    self->ops->end(self, self->job, SIGTERM);

    return G_SOURCE_CONTINUE;
}

static gboolean
on_hup(gpointer data)
{
    Follow *self = data;

    self->ops->end(self, self->job, SIGHUP);

    return G_SOURCE_CONTINUE;
}

/* Returns: the id of a source for SIGHUP; 0 if it is ignored, which nohup(1) has done so that the
 * command outlives its terminal. */
static guint
watch_hangup(Follow *self)
{
    struct sigaction before;

    if (sigaction(SIGHUP, NULL, &before) == 0 && before.sa_handler == SIG_IGN)
        return 0;

    return g_unix_signal_add(SIGHUP, on_hup, self);
}

/* --- Ctrl-Z: GLib's main loop does not know that signal ------------------------- */

/* The pipe to which the signal handler writes and from which the main loop reads. */
static int stop_pipe[2] = {-1, -1};

static void
on_stop_signal(int signum)
{
    int saved = errno;
    char byte = (char)signum;
    G_GNUC_UNUSED gssize written = write(stop_pipe[1], &byte, 1);

    errno = saved;
}

static void
handle_stop(int signum, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    sigaction(signum, &action, NULL);
}

/* Stops the process by the default action of SIGTSTP, which is ignored in an orphaned process
 * group. Returns when the process is continued. */
static void
stop_process(void)
{
    handle_stop(SIGTSTP, SIG_DFL);
    raise(SIGTSTP);
    handle_stop(SIGTSTP, on_stop_signal);
}

/* Suspends the job and stops the process, which must not stop first: between the two the job may
 * begin what has to be watched. */
static void
suspend_and_stop(Follow *self)
{
    gboolean suspended;

    progress_hide(self->progress);
    suspended = self->ops->suspend(self, self->job, TRUE);
    if (self->ops->stay && self->ops->stay(self, self->job, suspended))
        return;
    keys_release();
    stop_process();
    follow_hold_keys(self);
    if (suspended)
        self->ops->suspend(self, self->job, FALSE);
}

static gboolean
on_stop(gint fd, GIOCondition condition, gpointer data)
{
    Follow *self = data;
    char bytes[64];
    char last = 0;
    gssize n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0)
        last = bytes[n - 1];
    if (last == SIGTSTP)
        suspend_and_stop(self);
    else if (last == SIGCONT && self->ops->go_on)
        self->ops->go_on(self, self->job);

    return G_SOURCE_CONTINUE;
}

/* Handles SIGTSTP and SIGCONT. Returns: the id of their source; 0 if SIGTSTP is ignored or cannot
 * be handled. */
static guint
watch_stop(Follow *self)
{
    struct sigaction before;

    if (sigaction(SIGTSTP, NULL, &before) < 0 || before.sa_handler != SIG_DFL ||
        !g_unix_open_pipe(stop_pipe, FD_CLOEXEC, NULL))
        return 0;
    g_unix_set_fd_nonblocking(stop_pipe[0], TRUE, NULL);
    g_unix_set_fd_nonblocking(stop_pipe[1], TRUE, NULL);
    handle_stop(SIGTSTP, on_stop_signal);
    handle_stop(SIGCONT, on_stop_signal);

    return g_unix_fd_add(stop_pipe[0], G_IO_IN, on_stop, self);
}

static void
unwatch_stop(guint source)
{
    if (source == 0)
        return;
    handle_stop(SIGTSTP, SIG_DFL);
    handle_stop(SIGCONT, SIG_DFL);
    g_source_remove(source);
    fd_clear(&stop_pipe[0]);
    fd_clear(&stop_pipe[1]);
}

/* --- public functions ------------------------------------------------------------ */

void
follow_run(Follow *self)
{
    guint sources[] = {
        g_unix_signal_add(SIGINT, on_int, self),
        g_unix_signal_add(SIGTERM, on_term, self),
        watch_hangup(self),
    };
    guint stop = watch_stop(self);

    follow_hold_keys(self);
    g_main_loop_run(self->loop);
    keys_release();
    unwatch_stop(stop);
    for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
        g_clear_handle_id(&sources[i], g_source_remove);
}

void
follow_quit(Follow *self)
{
    g_main_loop_quit(self->loop);
}

void
follow_show(Follow *self, guint64 cur, guint64 end)
{
    /* The amount of work is known when the job has been planned. */
    if (end > 1)
        progress_update(self->progress, self->shown ? self->shown : self->label, cur, end);
    if (g_main_loop_is_running(self->loop))
        follow_hold_keys(self);
}

void
follow_note(Follow *self, char *note)
{
    g_free(self->shown);
    self->shown = note ? g_strdup_printf("%s, %s", self->label, note) : NULL;
    g_free(note);
}

guint64
follow_rate(const Follow *self)
{
    return progress_rate(self->progress);
}

void
follow_hide(Follow *self)
{
    progress_hide(self->progress);
}

void
follow_finish(Follow *self, gboolean done)
{
    keys_release();
    progress_finish(self->progress, done);
}

Follow *
follow_new(const FollowOps *ops, gpointer job, const char *label, ProgressMode mode,
           gboolean quiet)
{
    Follow *self = g_new0(Follow, 1);

    self->ops = ops;
    self->job = job;
    self->label = label;
    self->progress = progress_new(mode, quiet);
    self->loop = g_main_loop_new(NULL, FALSE);

    return self;
}

void
follow_free(Follow *self)
{
    if (!self)
        return;
    g_main_loop_unref(self->loop);
    progress_free(self->progress);
    g_free(self->shown);
    g_free(self);
}
