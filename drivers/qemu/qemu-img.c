/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/qemu/qemu-img.h"
#include "util/child.h"
#include "util/child-limits.h"
#include "util/process.h"

/* CHILD_FD: the directory or the image. */
#define CHILD_PATH "/proc/self/fd/3"
#define IMAGE                                                                                     \
    "json:{\"driver\":\"qcow2\",\"backing\":null,"                                                \
    "\"file\":{\"driver\":\"file\",\"filename\":\"" CHILD_PATH "\"}}"

static void
limit_img_child(gpointer limits)
{
    process_restore();
    /* Nobody would have it go on if Ctrl-Z does not stop this process. */
    signal(SIGTSTP, SIG_IGN);
    child_limits_set(limits);
}

static gboolean
run_qemu_img(int fd, guint64 bytes, const char *const *argv, const char *what, GError **error)
{
    ChildLimits limits = child_limits_for(bytes);
    const ChildStart start = {argv, fd, limit_img_child, &limits};
    g_autofree char *said = NULL;
    int status;

    if (!child_run(&start, &said, &status, error)) {
        g_prefix_error(error, _("Cannot run qemu-img for '%s': "), what);
        return FALSE;
    }
    if (child_succeeded(status))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "qemu-img %s '%s': %s", argv[1],
                what, said);

    return FALSE;
}

gboolean
qemu_img_create(int dirfd, const char *name, const char *backing, const char *format,
                guint64 size, GError **error)
{
    g_autofree char *path = g_build_filename(CHILD_PATH, name, NULL);
    g_autofree char *bytes = g_strdup_printf("%" PRIu64, size);
    const char *const argv[] = {"qemu-img", "create", "-q",   "-f", "qcow2", "-u", "-b",
                                backing,    "-F",     format, path, bytes,   NULL};

    return run_qemu_img(dirfd, 0, argv, name, error);
}

gboolean
qemu_img_apply(int fd, const char *snapshot, const char *what, GError **error)
{
    const char *const argv[] = {"qemu-img", "snapshot", "-q", "-a", snapshot, IMAGE, NULL};
    struct stat st;

    return run_qemu_img(fd, fstat(fd, &st) == 0 ? (guint64)st.st_blocks * 512 : 0, argv, what,
                        error);
}
