/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "drivers/qemu/qemu-check.h"
#include "util/child.h"
#include "util/child-limits.h"
#include "util/process.h"

/* The child opens the image by CHILD_FD, so that neither a change of its path nor special
 * characters in it matter. */
#define IMAGE                                                                                     \
    "json:{\"driver\":\"qcow2\",\"backing\":null,"                                                \
    "\"file\":{\"driver\":\"file\",\"filename\":\"/proc/self/fd/3\"}}"

/* The exit statuses of `qemu-img check` that are distinguished. */
enum {
    CHECK_OK = 0,
    CHECK_CORRUPTIONS = 2,
    CHECK_LEAKS = 3,
};

/* Maximal length of the output that is kept, enough to see what is wrong. */
#define TEXT_BYTES_MAX 4096
/* Beginning of the lines about leaked clusters, which are not damage. */
#define LEAK "Leaked cluster"
/* A check that uses no processor time for so long is waiting for a disk that does not answer. */
#define STALLED_US (10 * 60 * G_USEC_PER_SEC)

typedef struct {
    Child child;
    ChildLimits limits;
    GString *text; /* result: its output without the lines about leaks */
    char line[sizeof LEAK - 1]; /* beginning of the current line */
    gsize n_line;               /* number of bytes in line */
    gboolean too_much;
    gboolean stalled;
} Check;

static void
limit_check_child(gpointer limits)
{
    process_restore();
    child_limits_set(limits);
}

/* --- the output of qemu-img ------------------------------------------------ */

static void
keep_output(Check *self, const char *bytes, gsize length)
{
    gsize room = TEXT_BYTES_MAX - self->text->len;

    g_string_append_len(self->text, bytes, (gssize)MIN(room, length));
    if (length > room)
        self->too_much = TRUE;
}

/* Takes one byte of output. A line is kept unless its beginning shows that it is about a leak. */
static void
take_byte(Check *self, char byte)
{
    if (self->n_line < sizeof self->line && byte != '\n') {
        self->line[self->n_line++] = byte;
        if (self->n_line == sizeof self->line &&
            memcmp(self->line, LEAK, sizeof self->line) != 0)
            keep_output(self, self->line, self->n_line);
        return;
    }
    if (self->n_line < sizeof self->line)
        keep_output(self, self->line, self->n_line);
    if (self->n_line < sizeof self->line || memcmp(self->line, LEAK, sizeof self->line) != 0)
        keep_output(self, &byte, 1);
    if (byte == '\n')
        self->n_line = 0;
}

static gint64
get_cpu_time(const Child *child)
{
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(child->pid, &clock) != 0 ||
        clock_gettime(clock, &used) < 0)
        return -1;

    return (gint64)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* Waits for output. FALSE if the process uses no processor time for STALLED_US. A busy process may
 * take as long as it likes here, since the kernel limits its processor time. */
static gboolean
await_output(Check *self)
{
    struct pollfd poll_fd = {.fd = self->child.output, .events = POLLIN};
    gint64 since = g_get_monotonic_time();
    gint64 used = get_cpu_time(&self->child);

    while (poll(&poll_fd, 1, 1000) <= 0) {
        gint64 now = get_cpu_time(&self->child);

        if (now != used)
            since = g_get_monotonic_time();
        used = now;
        self->stalled = g_get_monotonic_time() - since > STALLED_US;
        if (self->stalled)
            return FALSE;
    }

    return TRUE;
}

static void
read_check_output(Check *self)
{
    g_autofree char *block = g_malloc(65536);

    while (!self->too_much && await_output(self)) {
        ssize_t n = read(self->child.output, block, 65536);

        if (n == 0)
            break;
        for (ssize_t i = 0; i < n && !self->too_much; i++)
            take_byte(self, block[i]);
    }
    if (self->n_line < sizeof self->line)
        keep_output(self, self->line, self->n_line);
    if (self->too_much || self->stalled)
        child_signal(&self->child, SIGKILL);
}

/* --- the result ------------------------------------------------------------ */

static gboolean
set_check_result(const Check *self, int ended, const char *what, GError **error)
{
    int status = WIFEXITED(ended) ? WEXITSTATUS(ended) : -1;
    int signal = WIFSIGNALED(ended) ? WTERMSIG(ended) : 0;

    if (status == CHECK_OK || status == CHECK_LEAKS)
        return TRUE;
    if (signal == SIGXCPU)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("qemu-img check of '%s' was ended after %" PRIu64 " s of processor time, "
                      "which no sound image of this size needs: %s"),
                    what, self->limits.cpu, self->text->str);
    else if (signal != 0)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                    _("qemu-img check of '%s' was ended by the signal %d (it may use %" PRIu64
                      " MiB of memory): %s"),
                    what, signal, self->limits.memory >> 20, self->text->str);
    else
        g_set_error(error, VIRT_SNAP_ERROR,
                    status == CHECK_CORRUPTIONS ? VIRT_SNAP_ERROR_CORRUPT : VIRT_SNAP_ERROR_FAILED,
                    _("qemu-img check of '%s': %s"), what, self->text->str);

    return FALSE;
}

static gboolean
run_check(Check *self, const char *what, GError **error)
{
    g_autofree char *valid = NULL;
    int status;

    read_check_output(self);
    g_strstrip(self->text->str);
    valid = g_utf8_make_valid(self->text->str, -1);
    g_string_assign(self->text, valid);
    if (self->stalled) {
        child_leave(&self->child);
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("qemu-img check of '%s' did nothing for ten minutes and was ended; does its "
                      "disk answer?"),
                    what);
        return FALSE;
    }
    if (!child_wait(&self->child, &status, error))
        return FALSE;
    if (self->too_much) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("qemu-img check of '%s' found so much damage that it was ended: %s …"), what,
                    self->text->str);
        return FALSE;
    }

    return set_check_result(self, status, what, error);
}

gboolean
qemu_check_image(int fd, const char *what, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    const char *const argv[] = {"qemu-img", "check", IMAGE, NULL};
    Check self = {.text = text};
    const ChildStart start = {argv, fd, limit_check_child, &self.limits};
    struct stat st;

    /* Only allocated blocks count, because holes cost QEMU no work. */
    self.limits = child_limits_for(fstat(fd, &st) == 0 ? (guint64)st.st_blocks * 512 : 0);
    if (!child_start(&self.child, &start, error)) {
        g_prefix_error(error, _("Cannot run qemu-img to check '%s': "), what);
        return FALSE;
    }

    return run_check(&self, what, error);
}
