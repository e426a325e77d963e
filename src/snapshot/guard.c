/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "snapshot/guard.h"
#include "util/child.h"
#include "util/fd.h"
#include "util/process.h"

#define PROGRAM "virtsnap-guard"
/* To connect takes libvirt's embedded driver some seconds on a busy machine. Only a hang reaches
 * this; nothing is held still before the guard is ready. */
#define READY_MS (5 * 60 * 1000)
/* How long libvirtd may take to answer again after a restart. */
#define RELEASE_MS (60 * 1000)
#define ANSWER_MAX 1024

struct Guard {
    GPid pid;
    int fd;
    gboolean exclusive;
    GMutex lock; /* a line at a time */
};

/* --- its program ------------------------------------------------------------------ */

static char *
program_beside(void)
{
    g_autofree char *self = g_file_read_link("/proc/self/exe", NULL);
    g_autofree char *directory = self ? g_path_get_dirname(self) : NULL;
    g_autofree char *path = directory ? g_build_filename(directory, PROGRAM, NULL) : NULL;

    return path && g_file_test(path, G_FILE_TEST_IS_EXECUTABLE) ? g_steal_pointer(&path) : NULL;
}

static char *
find_program(void)
{
    const char *directory = g_getenv("VIRTSNAP_LIBEXEC_DIR");
    char *beside = directory ? NULL : program_beside();

    return beside ? beside : g_build_filename(directory ? directory : LIBEXECDIR, PROGRAM, NULL);
}

/* In the child, between fork and exec: async-signal-safe calls only. What ends a group or a session
 * does not end the guard. */
static void
set_up_guard(gpointer data)
{
    setsid();
    process_restore();
}

static GPid
spawn_guard(int fd, const char *uri, gboolean exclusive, guint timeout, GError **error)
{
    g_autofree char *program = find_program();
    g_autofree char *seconds = g_strdup_printf("%u", timeout);
    const char *argv[] = {program, exclusive ? "--exclusive" : "--shared", seconds, uri, NULL};
    g_autoptr(GError) why = NULL;
    GPid pid = 0;

    if (g_spawn_async_with_fds("/", (char **)argv, NULL,
                               G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
                               set_up_guard, NULL, &pid, fd, fd, -1, &why))
        return pid;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("Cannot start '%s', which thaws guests if this program is killed: %s; is "
                  "virtsnap installed completely?"),
                program, why->message);

    return 0;
}

/* --- what is said ------------------------------------------------------------------ */

static gboolean
say_to_guard(Guard *self, const char *line)
{
    G_GNUC_UNUSED g_autoptr(GMutexLocker) locker = g_mutex_locker_new(&self->lock);
    gsize length = strlen(line);

    while (length > 0) {
        gssize n = send(self->fd, line, length, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return FALSE;
        line += n;
        length -= n;
    }

    return TRUE;
}

static int
time_left(gint64 until)
{
    return MAX(0, (until - g_get_monotonic_time()) / 1000);
}

/* Returns: (transfer full): the next line without its newline; NULL at the end or on an error. */
static char *
hear_guard(Guard *self, int limit_ms)
{
    gint64 until = g_get_monotonic_time() + (gint64)limit_ms * 1000;
    g_autoptr(GString) line = g_string_new(NULL);
    struct pollfd ready = {.fd = self->fd, .events = POLLIN};
    char c;

    while (line->len < ANSWER_MAX) {
        int n = poll(&ready, 1, time_left(until));

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0 || recv(self->fd, &c, 1, 0) != 1)
            return NULL;
        if (c == '\n')
            return g_string_free(g_steal_pointer(&line), FALSE);
        g_string_append_c(line, c);
    }

    return NULL;
}

/* --- its life ----------------------------------------------------------------------- */

static void
guard_free(Guard *self)
{
    if (self->fd >= 0)
        close(self->fd);
    g_mutex_clear(&self->lock);
    g_free(self);
}

static void
await_exit(Guard *self)
{
    while (waitpid(self->pid, NULL, 0) < 0 && errno == EINTR)
        continue;
}

static gboolean
await_guard(Guard *self, GError **error)
{
    g_autofree char *answer = hear_guard(self, READY_MS);

    if (g_strcmp0(answer, "ready") == 0)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("The process that thaws guests if this program is killed did not start: %s"),
                answer ? answer : _("it gives no reason"));

    return FALSE;
}

Guard *
guard_start(const char *uri, gboolean exclusive, guint timeout, GError **error)
{
    int ends[2];
    auto_fd theirs = -1;
    Guard *self;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot make sockets"));
        return NULL;
    }
    theirs = ends[1];
    self = g_new0(Guard, 1);
    self->fd = ends[0];
    self->exclusive = exclusive;
    g_mutex_init(&self->lock);
    self->pid = spawn_guard(theirs, uri, exclusive, timeout, error);
    fd_clear(&theirs);
    theirs = -1;
    if (self->pid && await_guard(self, error))
        return self;
    if (self->pid) {
        kill(self->pid, SIGKILL);
        await_exit(self);
    }
    guard_free(self);

    return NULL;
}

static gboolean
say_hold(Guard *self, char sign, GuardHold hold, const char *uuid)
{
    g_autofree char *line =
        g_strdup_printf("%c%s %s\n", sign, hold == GUARD_FREEZE ? "freeze" : "pause", uuid);

    return say_to_guard(self, line);
}

gboolean
guard_hold(Guard *self, GuardHold hold, const char *uuid, GError **error)
{
    if (say_hold(self, '+', hold, uuid))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("The process that thaws guests if this program is killed has ended; try again"));

    return FALSE;
}

void
guard_release(Guard *self, GuardHold hold, const char *uuid)
{
    say_hold(self, '-', hold, uuid);
}

guint
guard_take_over(Guard *self)
{
    g_autofree char *answer = NULL;
    guint left = G_MAXUINT;

    if (!self->exclusive && say_to_guard(self, "now\n"))
        answer = hear_guard(self, RELEASE_MS);
    if (answer && g_str_has_prefix(answer, "released "))
        left = strtoul(answer + strlen("released "), NULL, 10);

    return left;
}

void
guard_end(Guard *self)
{
    if (!self)
        return;
    if (say_to_guard(self, "done\n"))
        await_exit(self);
    guard_free(self);
}

void
guard_leave(Guard *self)
{
    child_leave_for(self->pid);
    /* The embedded driver is ours until we end, and so is the guard's end of the pair: it stays
     * open, and the kernel closes it with us. */
    if (self->exclusive)
        self->fd = -1;
    guard_free(self);
}
