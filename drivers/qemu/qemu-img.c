/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "drivers/qemu/qemu-img.h"
#include "util/child-limits.h"
#include "util/process.h"

/* The descriptor by which the child reaches the directory or the image. */
#define CHILD_FD 3
#define CHILD_PATH "/proc/self/fd/3"
#define IMAGE                                                                                     \
    "json:{\"driver\":\"qcow2\",\"backing\":null,"                                                \
    "\"file\":{\"driver\":\"file\",\"filename\":\"" CHILD_PATH "\"}}"

static void
limit_img_child(gpointer limits)
{
    process_restore();
    child_limits_set(limits);
}

static GSubprocess *
spawn_qemu_img(int fd, ChildLimits *limits, const char *const *argv, GError **error)
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
    g_subprocess_launcher_set_child_setup(launcher, limit_img_child, limits, NULL);

    return g_subprocess_launcher_spawnv(launcher, argv, error);
}

static gboolean
run_qemu_img(int fd, guint64 bytes, const char *const *argv, const char *what, GError **error)
{
    ChildLimits limits = child_limits_for(bytes);
    g_autoptr(GSubprocess) process = spawn_qemu_img(fd, &limits, argv, error);
    g_autofree char *said = NULL;

    if (!process || !g_subprocess_communicate_utf8(process, NULL, NULL, &said, NULL, error)) {
        g_prefix_error(error, _("Cannot run qemu-img for '%s': "), what);
        return FALSE;
    }
    if (g_subprocess_get_successful(process))
        return TRUE;
    g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_FAILED, "qemu-img %s '%s': %s", argv[1],
                what, said ? g_strstrip(said) : "");

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
