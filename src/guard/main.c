/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

#include "drivers/register.h"
#include "hypervisor/drivers.h"
#include "snapshot/guard-list.h"

/* usage: virtsnap-guard --shared|--exclusive SECONDS URI
 *
 * Reads from its standard input what is held still (guard-list.h), and releases it when the input
 * ends: whoever held it was killed. With --exclusive only one process at a time can be connected to
 * the hypervisor, so the guard does that when the other is gone. Started by virtsnap and virtsnapd;
 * nobody else needs it. */

/* How long the guard tries to release guests. A guest whose agent has not answered for ten minutes
 * is given up. */
#define TRY_US (10 * 60 * G_USEC_PER_SEC)
/* The interval between two attempts: it begins with the first value and doubles up to the second
 * one, because a command to an agent that does not answer blocks others meanwhile. */
#define AGAIN_US (G_USEC_PER_SEC / 5)
#define AGAIN_MAX_US (30 * G_USEC_PER_SEC)
/* "now" is answered within the time that the process which sent it waits. */
#define NOW_US (45 * G_USEC_PER_SEC)
#define LINE_MAX_BYTES 256

typedef struct {
    GuardList *list;
    Hypervisor *hypervisor; /* NULL: not connected */
    const char *uri;
    guint timeout;
} GuardProcess;

/* Ignores signals that end a process group, a session, a terminal or a service, because the guard
 * has to survive the process that it guards. */
static void
outlive_signals(void)
{
    static const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGPIPE, SIGTSTP, SIGTTIN,
                                  SIGTTOU, SIGUSR1, SIGUSR2, SIGALRM, SIGXFSZ};
    sigset_t none;

    for (gsize i = 0; i < G_N_ELEMENTS(signals); i++)
        signal(signals[i], SIG_IGN);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setsid();
}

static gboolean
connect_again(GuardProcess *self)
{
    g_autoptr(GError) error = NULL;

    if (self->hypervisor && self->hypervisor->ops->is_alive(self->hypervisor))
        return TRUE;
    g_clear_pointer(&self->hypervisor, hypervisor_free);
    self->hypervisor = drivers_get()->open_hypervisor(self->uri, &error);
    if (!self->hypervisor)
        syslog(LOG_WARNING, "%s", error->message);

    return self->hypervisor != NULL;
}

/* Returns: the number of domains that are still held. */
static guint
release_all(GuardProcess *self, gint64 limit_us)
{
    gint64 until = g_get_monotonic_time() + limit_us;
    guint left = guard_list_size(self->list);
    gint64 pause = AGAIN_US;

    while (left > 0) {
        if (connect_again(self))
            left = guard_list_release(self->list, self->hypervisor, self->timeout);
        if (left == 0 || g_get_monotonic_time() > until)
            break;
        g_usleep(pause);
        pause = MIN(2 * pause, AGAIN_MAX_US);
    }

    return left;
}

/* Reads one line, byte by byte, since lines are few. Returns: FALSE at the end of the input. */
static gboolean
read_line(char *line, gsize size)
{
    gsize length = 0;
    char c;

    for (;;) {
        gssize n = read(STDIN_FILENO, &c, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return FALSE;
        if (c == '\n')
            break;
        if (length + 1 < size)
            line[length++] = c;
    }
    line[length] = '\0';

    return TRUE;
}

static int
watch_socket(GuardProcess *self)
{
    char line[LINE_MAX_BYTES];
    guint left;

    while (read_line(line, sizeof line)) {
        GuardLine what = guard_list_take(self->list, line);

        /* The process that sends "done" waits for the guard to end, so the guard exits without
         * closing its connection, which would take time. */
        if (what == GUARD_LINE_DONE)
            _exit(EXIT_SUCCESS);
        if (what == GUARD_LINE_NOW) {
            printf("released %u\n", release_all(self, NOW_US));
            fflush(stdout);
        }
    }
    left = guard_list_size(self->list);
    if (left > 0)
        syslog(LOG_NOTICE, "virtsnap has gone; %u domains that it held still are released", left);
    left = release_all(self, TRY_US);
    if (left > 0)
        syslog(LOG_ERR, "%u domains could not be released: virsh domfsthaw, virsh resume", left);

    return left > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int
guard_process(GuardProcess *self, gboolean exclusive)
{
    g_autoptr(GError) error = NULL;

    if (!exclusive)
        self->hypervisor = drivers_get()->open_hypervisor(self->uri, &error);
    if (error) {
        g_strdelimit(error->message, "\n", ' ');
        printf("%s\n", error->message);
        return EXIT_FAILURE;
    }
    puts("ready");
    fflush(stdout);

    return watch_socket(self);
}

int
main(int argc, char **argv)
{
    GuardProcess self = {0};
    int status;

    outlive_signals();
    close_range(STDERR_FILENO + 1, ~0U, 0);
    if (argc != 4 || chdir("/") < 0) {
        fprintf(stderr, "usage: virtsnap-guard --shared|--exclusive SECONDS URI\n");
        return 2;
    }
    openlog("virtsnap-guard", LOG_PID, LOG_DAEMON);
    register_drivers();
    drivers_keep_quiet();
    self.list = guard_list_new();
    self.timeout = strtoul(argv[2], NULL, 10);
    self.uri = argv[3];
    status = guard_process(&self, strcmp(argv[1], "--exclusive") == 0);
    hypervisor_free(self.hypervisor);
    guard_list_free(self.list);

    return status;
}
