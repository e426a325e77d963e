/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib-unix.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "cli/keys.h"

static struct {
    KeysFunc func;
    gpointer data;
    guint source; /* 0: no keys are held */
    struct termios before;
    struct sigaction quit; /* the former action of SIGQUIT */
    gboolean gone;         /* the terminal was hung up; there will be no keys */
} keys;

/* A process in the background is stopped if it reads from the terminal or changes its settings. */
static gboolean
is_foreground(void)
{
    return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

/* Ctrl-\ ends the process at once, so the handler restores the terminal; tcsetattr() is
 * async-signal-safe. */
static void
on_quit_signal(int signum)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &keys.before);
    sigaction(signum, &keys.quit, NULL);
    raise(signum);
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer data)
{
    char key;

    /* The process was stopped by a signal and is continued in the background, so its shell uses the
     * terminal. */
    if (!is_foreground()) {
        keys_release();
        return G_SOURCE_REMOVE;
    }
    if (read(fd, &key, 1) == 1) {
        keys.func(key, keys.data);
        return keys.source != 0;
    }
    keys.gone = TRUE;
    keys_release();

    return G_SOURCE_REMOVE;
}

static gboolean
take_terminal(void)
{
    struct termios raw;

    if (tcgetattr(STDIN_FILENO, &keys.before) < 0)
        return FALSE;
    raw = keys.before;
    raw.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;

    return tcsetattr(STDIN_FILENO, TCSADRAIN, &raw) == 0;
}

void
keys_hold(KeysFunc func, gpointer data)
{
    struct sigaction quit = {.sa_handler = on_quit_signal};

    if (keys.source != 0 || keys.gone || !isatty(STDIN_FILENO) || !is_foreground() ||
        !take_terminal())
        return;
    keys.func = func;
    keys.data = data;
    keys.source = g_unix_fd_add(STDIN_FILENO, G_IO_IN, on_readable, NULL);
    sigemptyset(&quit.sa_mask);
    sigaction(SIGQUIT, &quit, &keys.quit);
    /* A signal that was ignored stays ignored. */
    if (keys.quit.sa_handler == SIG_IGN)
        sigaction(SIGQUIT, &keys.quit, NULL);
}

void
keys_release(void)
{
    guint source = keys.source;

    if (source == 0)
        return;
    keys.source = 0;
    g_source_remove(source);
    sigaction(SIGQUIT, &keys.quit, NULL);
    if (is_foreground())
        tcsetattr(STDIN_FILENO, TCSADRAIN, &keys.before);
}
