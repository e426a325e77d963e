/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>

#include "drivers/qcow2/qemu-check.h"
#include "util/process.h"

/* The descriptor by which the child knows the image: whatever happens to its name meanwhile, and
 * whatever characters are in it. */
#define CHILD_FD 3
#define IMAGE                                                                                     \
    "json:{\"driver\":\"qcow2\",\"backing\":null,"                                                \
    "\"file\":{\"driver\":\"file\",\"filename\":\"/proc/self/fd/3\"}}"

/* The exit statuses of `qemu-img check` that mean something to us. */
enum {
    CHECK_OK = 0,
    CHECK_CORRUPTIONS = 2,
    CHECK_LEAKS = 3,
};

static void
restore(G_GNUC_UNUSED gpointer data)
{
    process_restore();
}

static GSubprocess *
start_check(int fd, GError **error)
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
    g_subprocess_launcher_set_child_setup(launcher, restore, NULL, NULL);

    return g_subprocess_launcher_spawn(launcher, error, "qemu-img", "check", IMAGE, NULL);
}

gboolean
qemu_check_image(int fd, const char *what, GError **error)
{
    g_autoptr(GSubprocess) process = start_check(fd, error);
    g_autofree char *text = NULL;
    int status;

    if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, &text, NULL, error)) {
        g_prefix_error(error, _("Cannot run qemu-img to check '%s': "), what);
        return FALSE;
    }
    status = g_subprocess_get_if_exited(process) ? g_subprocess_get_exit_status(process) : -1;
    if (status == CHECK_OK || status == CHECK_LEAKS)
        return TRUE;
    g_strstrip(text);
    g_set_error(error, VIRT_SNAP_ERROR,
                status == CHECK_CORRUPTIONS ? VIRT_SNAP_ERROR_CORRUPT : VIRT_SNAP_ERROR_FAILED,
                _("qemu-img check of '%s': %s"), what, text);

    return FALSE;
}
