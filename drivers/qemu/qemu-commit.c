/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "drivers/qemu/qemu-commit.h"
#include "drivers/qemu/qemu-image.h"
#include "util/child.h"
#include "util/process.h"

/* How often the control is asked whether to wait or to end. */
#define LOOK_MS 100

/* The name of the throttle group. */
#define LIMIT_GROUP "limit"

/* In bytes a second; QEMU refuses more. Source: THROTTLE_VALUE_MAX in QEMU's
 * include/qemu/throttle.h; `qemu-img commit -r` takes a little more. */
#define LIMIT_MAX G_GUINT64_CONSTANT(1000000000000000)

typedef struct {
    Child child;
    Control *control;
    CommitFunc func;
    gpointer data;
    GString *said;
    gboolean stopped;
} Commit;

/* The child ends with this process, because nobody would watch it any more. The thread that forks
 * waits for it. */
static void
set_up_commit(gpointer data)
{
    process_restore();
    /* Ctrl-Z may stop this process only, which then has the child stand still as well. */
    signal(SIGTSTP, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
}

/* "    (12.34/100%)\r" */
static gboolean
is_progress(const char *line, double *percent)
{
    const char *open = strchr(line, '(');

    if (!open || !strstr(open, "/100%)"))
        return FALSE;
    *percent = g_ascii_strtod(open + 1, NULL);

    return TRUE;
}

/* Parses the output. What is no progress, or an incomplete line, stays in @said. */
static void
take_lines(Commit *self)
{
    for (gsize at = 0;;) {
        gsize length = strcspn(self->said->str + at, "\r\n");
        g_autofree char *line = g_strndup(self->said->str + at, length);
        double percent;

        if (at + length >= self->said->len)
            return;
        if (is_progress(line, &percent)) {
            g_string_erase(self->said, (gssize)at, (gssize)length + 1);
            self->func(percent / 100, self->data);
        } else {
            at += length + 1;
        }
    }
}

static gboolean
is_open(Commit *self)
{
    struct pollfd poller = {.fd = self->child.output, .events = POLLIN};
    char buffer[512];
    ssize_t got;

    if (poll(&poller, 1, LOOK_MS) <= 0)
        return TRUE;
    got = read(self->child.output, buffer, sizeof buffer);
    if (got < 0)
        return errno == EINTR;
    g_string_append_len(self->said, buffer, got);
    take_lines(self);

    return got > 0;
}

static void
stop_or_go(Commit *self, gboolean passed)
{
    if (self->stopped == !passed)
        return;
    self->stopped = !passed;
    child_signal(&self->child, self->stopped ? SIGSTOP : SIGCONT);
}

static gboolean
follow_commit(Commit *self, GError **error)
{
    gboolean passed;

    while (is_open(self)) {
        if (!control_pass_for(self->control, 0, 0, &passed, error)) {
            child_signal(&self->child, SIGKILL);
            return FALSE;
        }
        stop_or_go(self, passed);
    }

    return TRUE;
}

static VirtSnapError
code_of(const char *said)
{
    if (strstr(said, "Failed to get"))
        return VIRT_SNAP_ERROR_IN_USE;
    if (strstr(said, "No space left"))
        return VIRT_SNAP_ERROR_NO_SPACE;
    if (strstr(said, "Permission denied"))
        return VIRT_SNAP_ERROR_ACCESS_DENIED;

    return VIRT_SNAP_ERROR_FAILED;
}

/* Returns: FALSE with an error if it could not run, or with the output of a failed qemu-img in
 * @said. */
static gboolean
carry_out_commit(Commit *self, const char *const *argv, char **said, GError **error)
{
    const ChildStart start = {argv, -1, set_up_commit, NULL};
    gboolean followed;
    gboolean done;
    int status;

    if (!child_start(&self->child, &start, error))
        return FALSE;
    self->said = g_string_new(NULL);
    followed = follow_commit(self, error);
    done = child_wait(&self->child, &status, followed ? error : NULL) && followed;
    if (done && !child_succeeded(status)) {
        *said = g_strdup(g_strstrip(self->said->str));
        done = FALSE;
    }
    g_string_free(self->said, TRUE);

    return done;
}

/* Returns: bytes a second; 0: no limit. */
static guint64
limit_for_qemu(Control *control)
{
    return MIN(control_get_bandwidth(control), LIMIT_MAX);
}

gboolean
qemu_commit(const Layer *top, Control *control, CommitFunc func, gpointer data, GError **error)
{
    g_autofree char *image = qemu_image_describe(top, TRUE);
    guint64 limit = limit_for_qemu(control);
    g_autofree char *rate = g_strdup_printf("%" PRIu64, limit);
    gboolean limited = limit > 0;
    const char *const argv[] = {"qemu-img", "commit", "-p", "-d", limited ? "-r" : image,
                                limited ? rate : NULL, image, NULL};
    Commit self = {.control = control, .func = func, .data = data};
    g_autofree char *said = NULL;

    if (carry_out_commit(&self, argv, &said, error))
        return TRUE;
    if (said)
        g_set_error(error, VIRT_SNAP_ERROR, code_of(said),
                    _("qemu-img cannot merge '%s' into '%s': %s"), top->path, top->backing->path,
                    said);

    return FALSE;
}

/* `qemu-img rebase` has no option for a limit, but QEMU's block layer can limit what is written to
 * the image. Source: QEMU's docs/throttle.txt. */
gboolean
qemu_flatten(const Layer *top, Control *control, CommitFunc func, gpointer data, GError **error)
{
    guint64 rate = limit_for_qemu(control);
    g_autofree char *group =
        g_strdup_printf("throttle-group,id=" LIMIT_GROUP ",x-bps-write=%" PRIu64, rate);
    g_autofree char *image = qemu_image_describe_for_writing(top, rate > 0 ? LIMIT_GROUP : NULL);
    const char *const argv[] = {"qemu-img", "rebase", "-p",  "-b", "",
                                image,      "--object", group, NULL};
    Commit self = {.control = control, .func = func, .data = data};
    g_autofree char *said = NULL;

    if (carry_out_commit(&self, argv, &said, error))
        return TRUE;
    if (said)
        g_set_error(error, VIRT_SNAP_ERROR, code_of(said),
                    _("qemu-img cannot copy what is below '%s' into it: %s"), top->path, said);

    return FALSE;
}

/* Returns: the exit status, with the output in @said; -1 if it did not exit by itself. */
static int
run_to_text(const char *const *argv, char **said, GError **error)
{
    const ChildStart start = {argv, -1, set_up_commit, NULL};
    int status;

    if (!child_run(&start, said, &status, error))
        return -1;

    return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

gboolean
qemu_rebase(const Layer *layer, const char *backing, const char *format, GError **error)
{
    const char *const argv[] = {"qemu-img", "rebase", "-q", "-u",   "-f", layer->format,
                                "-b",       backing,  "-F", format, layer->path, NULL};
    g_autofree char *said = NULL;
    int status = run_to_text(argv, &said, error);

    if (status <= 0)
        return status == 0;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("qemu-img cannot put '%s' on top of '%s': %s"), layer->path, backing,
                said ? said : "");

    return FALSE;
}

gboolean
qemu_compare(const Layer *one, const Layer *other, gboolean *same, GError **error)
{
    g_autofree char *first = qemu_image_describe(one, FALSE);
    g_autofree char *second = qemu_image_describe(other, FALSE);
    const char *const argv[] = {"qemu-img", "compare", "-q", first, second, NULL};
    g_autofree char *said = NULL;
    int status = run_to_text(argv, &said, error);

    *same = status == 0;
    if (status < 0)
        return FALSE;
    if (status <= 1)
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED,
                _("qemu-img cannot compare '%s' with '%s': %s"), one->path, other->path,
                said ? said : "");

    return FALSE;
}
