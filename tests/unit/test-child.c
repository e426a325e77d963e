/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "util/child.h"
#include "util/fd.h"

static int
run_script(const char *script, int fd, char **said)
{
    const char *const argv[] = {"sh", "-c", script, NULL};
    const ChildStart start = {argv, fd, NULL, NULL};
    g_autoptr(GError) error = NULL;
    int status = -1;

    g_assert_true(child_run(&start, said, &status, &error));
    g_assert_no_error(error);

    return status;
}

static void
test_ends(void)
{
    g_autofree char *said = NULL;
    g_autofree char *more = NULL;
    g_autofree char *nothing = NULL;
    int status = run_script("echo out; echo \"$LC_ALL\" >&2", -1, &said);

    g_assert_true(child_succeeded(status));
    g_assert_cmpstr(said, ==, "out\nC");
    status = run_script("printf ' \\377x '; exit 3", -1, &more);
    g_assert_false(child_succeeded(status));
    g_assert_cmpint(WEXITSTATUS(status), ==, 3);
    g_assert_cmpstr(more, ==, "\357\277\275x");
    status = run_script("kill -9 $$", -1, &nothing);
    g_assert_false(child_succeeded(status));
    g_assert_cmpint(WTERMSIG(status), ==, SIGKILL);
    g_assert_cmpstr(nothing, ==, "");
}

/* All of it is read, so that the child does not wait, and the beginning is kept. */
static void
test_much(void)
{
    g_autofree char *said = NULL;
    int status = run_script("head -c 1000000 /dev/zero | tr '\\0' x", -1, &said);

    g_assert_true(child_succeeded(status));
    g_assert_cmpuint(strlen(said), >, 1000);
    g_assert_cmpuint(strlen(said), <, 100000);
}

static void
test_descriptor(void)
{
    g_autofree char *said = NULL;
    auto_fd fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int status = run_script("readlink /proc/self/fd/3", fd, &said);

    g_assert_true(child_succeeded(status));
    g_assert_cmpstr(said, ==, "/dev/null");
}

static void
test_missing(void)
{
    const char *const argv[] = {"no-such-program", NULL};
    const ChildStart start = {argv, -1, NULL, NULL};
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;
    int status;

    g_assert_false(child_run(&start, &said, &status, &error));
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_SYSTEM_NOT_AVAILABLE);
}

static void
test_signalled(void)
{
    const char *const argv[] = {"sleep", "900", NULL};
    const ChildStart start = {argv, -1, NULL, NULL};
    g_autoptr(GError) error = NULL;
    Child child;
    int status;

    g_assert_true(child_start(&child, &start, &error));
    child_signal(&child, SIGTERM);
    g_assert_true(child_wait(&child, &status, &error));
    g_assert_cmpint(WTERMSIG(status), ==, SIGTERM);
    g_assert_true(child_start(&child, &start, &error));
    child_signal(&child, SIGKILL);
    child_leave(&child);
}

/* The kernel forgets how a child ended when its parent ignores SIGCHLD, or when another part of
 * the program has waited for it; that is not success. */
static void
test_unknown(void)
{
    const char *const argv[] = {"false", NULL};
    const ChildStart start = {argv, -1, NULL, NULL};
    g_autofree char *said = NULL;
    g_autoptr(GError) error = NULL;
    g_autoptr(GError) other = NULL;
    Child child;
    int status = 0;

    signal(SIGCHLD, SIG_IGN);
    g_assert_false(child_run(&start, &said, &status, &error));
    signal(SIGCHLD, SIG_DFL);
    g_assert_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
    g_assert_nonnull(strstr(error->message, "'false'"));
    g_assert_null(said);

    g_assert_true(child_start(&child, &start, &other));
    g_assert_cmpint(waitpid(-1, NULL, 0), >, 0);
    child_signal(&child, SIGKILL);
    g_assert_false(child_wait(&child, &status, &other));
    g_assert_error(other, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/child/unknown", test_unknown);
    g_test_add_func("/child/ends", test_ends);
    g_test_add_func("/child/much", test_much);
    g_test_add_func("/child/descriptor", test_descriptor);
    g_test_add_func("/child/missing", test_missing);
    g_test_add_func("/child/signalled", test_signalled);

    return g_test_run();
}
