/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/child.h"
#include "util/fd.h"

/* So much of the output is kept. */
#define TEXT_BYTES_MAX 65536

static gboolean
spawn(Child *child, const ChildStart *start, int output, GError **error)
{
    g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LC_ALL", "C", TRUE);
    const int target = CHILD_FD;

    return g_spawn_async_with_pipes_and_fds(
        NULL, start->argv, (const char *const *)environment,
        G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD, start->set_up, start->data, -1, output,
        output, &start->fd, &target, start->fd >= 0 ? 1 : 0, &child->pid, NULL, NULL, NULL, error);
}

static VirtSnapError
code_of_spawn(const GError *error)
{
    if (g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_FORK))
        return VIRT_SNAP_ERROR_OUT_OF_MEMORY;
    if (g_error_matches(error, G_SPAWN_ERROR, G_SPAWN_ERROR_NOENT))
        return VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE;

    return VIRT_SNAP_ERROR_FAILED;
}

gboolean
child_start(Child *child, const ChildStart *start, GError **error)
{
    int ends[2];
    g_autoptr(GError) why = NULL;
    gboolean started;

    *child = (Child){.name = start->argv[0], .output = -1};
    if (pipe2(ends, O_CLOEXEC) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot create a pipe"));
        return FALSE;
    }
    started = spawn(child, start, ends[1], &why);
    fd_clear(&ends[1]);
    if (!started) {
        g_set_error_literal(error, VIRT_SNAP_ERROR, code_of_spawn(why), why->message);
        fd_clear(&ends[0]);
        return FALSE;
    }
    child->output = ends[0];

    return TRUE;
}

char *
child_text(Child *child)
{
    g_autoptr(GString) text = g_string_new(NULL);
    char block[4096];
    ssize_t n;

    while ((n = read(child->output, block, sizeof block)) > 0 || (n < 0 && errno == EINTR)) {
        if (n > 0)
            g_string_append_len(text, block, MIN(n, (ssize_t)(TEXT_BYTES_MAX - text->len)));
    }

    return g_strstrip(g_utf8_make_valid(text->str, (gssize)text->len));
}

void
child_signal(const Child *child, int sig)
{
    siginfo_t ended = {0};

    /* If nobody waits for it any more, another process may have its number. */
    if (waitid(P_PID, (id_t)child->pid, &ended, WEXITED | WNOHANG | WNOWAIT) == 0)
        kill(child->pid, sig);
}

gboolean
child_wait_for(GPid pid, const char *name, int *status, GError **error)
{
    while (waitpid(pid, status, 0) < 0) {
        const char *why = g_strerror(errno);

        if (errno == EINTR)
            continue;
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("It cannot be known how '%s' ended: %s; does this program ignore SIGCHLD, or "
                      "wait for all its children?"),
                    name, why);
        return FALSE;
    }

    return TRUE;
}

gboolean
child_wait(Child *child, int *status, GError **error)
{
    fd_clear(&child->output);

    return child_wait_for(child->pid, child->name, status, error);
}

static gpointer
wait_in_thread(gpointer data)
{
    while (waitpid(GPOINTER_TO_INT(data), NULL, 0) < 0 && errno == EINTR)
        continue;

    return NULL;
}

void
child_leave_for(GPid pid)
{
    GThread *thread = g_thread_try_new("child", wait_in_thread, GINT_TO_POINTER(pid), NULL);

    if (thread)
        g_thread_unref(thread);
}

void
child_leave(Child *child)
{
    fd_clear(&child->output);
    child_leave_for(child->pid);
}

gboolean
child_succeeded(int status)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

gboolean
child_run(const ChildStart *start, char **said, int *status, GError **error)
{
    Child child;

    if (!child_start(&child, start, error))
        return FALSE;
    *said = child_text(&child);
    if (child_wait(&child, status, error))
        return TRUE;
    g_clear_pointer(said, g_free);

    return FALSE;
}
