/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#pragma once

#include "util/error.h"

G_BEGIN_DECLS

/* Programs that are run for their result. GSubprocess and g_spawn_sync() are not used for that:
 * when it cannot be known how a child ended, because this process ignores SIGCHLD or another part
 * of it has waited for all children, GLib says that it succeeded. */

/* The descriptor by which a child may get at an open file. */
#define CHILD_FD 3

typedef struct {
    const char *const *argv; /* the program is searched for in PATH */
    int fd;                  /* becomes CHILD_FD in the child; -1: none */
    /* Called in the child between fork and exec: async-signal-safe. */
    GSpawnChildSetupFunc set_up;
    gpointer data;
} ChildStart;

typedef struct {
    const char *name;
    GPid pid;
    int output; /* of what it writes, errors included */
} Child;

/**
 * child_start:
 * @child: (out): to be ended with child_wait(), whatever happens
 *
 * Starts a program with the messages of the C locale.
 */
gboolean child_start(Child *child, const ChildStart *start, GError **error);

/** child_text: Returns: (transfer full): what it writes until it closes its output, without white
 * space at the ends; of much output the beginning. */
char *child_text(Child *child);

/** child_signal: Sends a signal, if it has not ended. */
void child_signal(const Child *child, int sig);

/**
 * child_wait:
 * @status: (out): as of waitpid()
 *
 * Waits until the child has ended. Returns: FALSE if it cannot be known how.
 */
gboolean child_wait(Child *child, int *status, GError **error);

/** child_wait_for: Does the same for the child @pid that was started by other means, which @name is
 * the name of. */
gboolean child_wait_for(GPid pid, const char *name, int *status, GError **error);

/** child_leave: Lets go of a child that was killed and may not end soon, because its disk does not
 * answer: a thread waits for it, so that it does not stay as a zombie. */
void child_leave(Child *child);

/** child_leave_for: Does the same for the child @pid that was started by other means. */
void child_leave_for(GPid pid);

/** child_succeeded: Returns: whether a status is that of a program that exited with 0. */
gboolean child_succeeded(int status);

/** child_run: Starts a program, reads its output (@said, transfer full) and waits for its end. */
gboolean child_run(const ChildStart *start, char **said, int *status, GError **error);

G_END_DECLS
