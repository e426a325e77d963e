/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "util/process.h"

static struct rlimit before;
static gboolean raised;
static sighandler_t pipe_action = SIG_DFL;

/* Opens /dev/null for each standard descriptor that the caller has closed. Otherwise the next
 * opened file would get its number, and messages could be written into a disk image. It is opened
 * in the opposite direction, so that using the descriptor still fails. */
static void
occupy_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_FAILURE);
    }
}

static void
forget_relative_directories(void)
{
    static const char *const names[] = {"XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_DATA_HOME",
                                        "XDG_CACHE_HOME", "XDG_RUNTIME_DIR"};

    for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
        const char *path = g_getenv(names[i]);

        if (path && !g_path_is_absolute(path))
            g_unsetenv(names[i]);
    }
}

void
process_set_up(void)
{
    struct rlimit limit;

    occupy_standard_descriptors();
    forget_relative_directories();
    signal(SIGXFSZ, SIG_IGN);
    pipe_action = signal(SIGPIPE, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
    if (getrlimit(RLIMIT_NOFILE, &before) < 0 || before.rlim_cur == before.rlim_max)
        return;
    limit = (struct rlimit){before.rlim_max, before.rlim_max};
    raised = setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

/* The signals that a write gets which fails. */
static void
set_write_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGXFSZ);
    sigaddset(set, SIGPIPE);
}

void
process_restore(void)
{
    sigset_t set;

    signal(SIGXFSZ, SIG_DFL);
    signal(SIGPIPE, pipe_action);
    set_write_signals(&set);
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    if (raised)
        setrlimit(RLIMIT_NOFILE, &before);
}

void
process_block_signals(void)
{
    sigset_t set;

    set_write_signals(&set);
    /* It suffices to block the signals in this thread: the kernel sends them to the thread that
     * writes. */
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

GThread *
process_thread(const char *name, GThreadFunc func, gpointer data, GError **error)
{
    g_autoptr(GError) why = NULL;
    GThread *thread = g_thread_try_new(name, func, data, &why);

    if (!thread)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_OUT_OF_MEMORY,
                    _("%s; raise the limit of processes (ulimit -u, or TasksMax= of the service)"),
                    why->message);

    return thread;
}

guint64
process_descriptors(void)
{
    struct rlimit limit;

    return getrlimit(RLIMIT_NOFILE, &limit) < 0 ? 0 : (guint64)limit.rlim_cur;
}
