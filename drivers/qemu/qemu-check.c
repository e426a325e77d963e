/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <gio/gunixinputstream.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "drivers/qemu/qemu-check.h"
#include "util/child-limits.h"
#include "util/process.h"

/* The descriptor by which the child opens the image, so that neither a change of its path nor
 * special characters in it matter. */
#define CHILD_FD 3
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
    GSubprocess *process;
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

static GSubprocess *
start_check(int fd, ChildLimits *limits, GError **error)
{
    g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
        G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
    int copy = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_FD + 1);

    if (copy < 0) {
        virt_snap_error_set_errno(error, errno, _("Cannot duplicate a descriptor"));
        return NULL;
    }
    g_subprocess_launcher_setenv(launcher, "LC_ALL", "C", TRUE);
    g_subprocess_launcher_take_fd(launcher, copy, CHILD_FD);
    g_subprocess_launcher_set_child_setup(launcher, limit_check_child, limits, NULL);

    return g_subprocess_launcher_spawn(launcher, error, "qemu-img", "check", IMAGE, NULL);
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
get_cpu_time(GSubprocess *process)
{
    const char *pid = g_subprocess_get_identifier(process);
    struct timespec used;
    clockid_t clock;

    if (!pid || clock_getcpuclockid((pid_t)strtol(pid, NULL, 10), &clock) != 0 ||
        clock_gettime(clock, &used) < 0)
        return -1;

    return (gint64)used.tv_sec * 1000000000 + used.tv_nsec;
}

/* Waits for output. FALSE if the process uses no processor time for STALLED_US. A busy process may
 * take as long as it likes here, since the kernel limits its processor time. */
static gboolean
await_output(Check *self, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    gint64 since = g_get_monotonic_time();
    gint64 used = get_cpu_time(self->process);

    while (poll(&poll_fd, 1, 1000) <= 0) {
        gint64 now = get_cpu_time(self->process);

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
    GInputStream *output = g_subprocess_get_stdout_pipe(self->process);
    int fd = g_unix_input_stream_get_fd(G_UNIX_INPUT_STREAM(output));
    g_autofree char *block = g_malloc(65536);

    while (!self->too_much && await_output(self, fd)) {
        ssize_t n = read(fd, block, 65536);

        if (n == 0)
            break;
        for (ssize_t i = 0; i < n && !self->too_much; i++)
            take_byte(self, block[i]);
    }
    if (self->n_line < sizeof self->line)
        keep_output(self, self->line, self->n_line);
    if (self->too_much || self->stalled)
        g_subprocess_force_exit(self->process);
}

/* --- the result ------------------------------------------------------------ */

static gboolean
set_check_result(const Check *self, const char *what, GError **error)
{
    int status = g_subprocess_get_if_exited(self->process)
                     ? g_subprocess_get_exit_status(self->process)
                     : -1;
    int signal = status < 0 ? g_subprocess_get_term_sig(self->process) : 0;

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

    read_check_output(self);
    g_strstrip(self->text->str);
    valid = g_utf8_make_valid(self->text->str, -1);
    g_string_assign(self->text, valid);
    if (self->stalled) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_TIMEOUT,
                    _("qemu-img check of '%s' did nothing for ten minutes and was ended; does its "
                      "disk answer?"),
                    what);
        return FALSE;
    }
    if (self->too_much) {
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_CORRUPT,
                    _("qemu-img check of '%s' found so much damage that it was ended: %s …"), what,
                    self->text->str);
        return FALSE;
    }
    if (!g_subprocess_wait(self->process, NULL, error))
        return FALSE;

    return set_check_result(self, what, error);
}

gboolean
qemu_check_image(int fd, const char *what, GError **error)
{
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GSubprocess) process = NULL;
    Check self = {.text = text};
    struct stat st;

    /* Only allocated blocks count, because holes cost QEMU no work. */
    self.limits = child_limits_for(fstat(fd, &st) == 0 ? (guint64)st.st_blocks * 512 : 0);
    process = start_check(fd, &self.limits, error);
    if (!process) {
        g_prefix_error(error, _("Cannot run qemu-img to check '%s': "), what);
        return FALSE;
    }
    self.process = process;

    return run_check(&self, what, error);
}
