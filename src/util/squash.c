/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "util/error.h"
#include "util/fd.h"
#include "util/squash.h"

/* O_PATH needs no permission on the file itself. */
static gboolean
is_on_nfs(int dirfd, const char *path)
{
    auto_fd fd = openat(dirfd, path, O_PATH | O_CLOEXEC);
    struct statfs st;

    return fstatfs(fd < 0 ? dirfd : fd, &st) == 0 && st.f_type == NFS_SUPER_MAGIC;
}

void
squash_explain(int dirfd, const char *path, GError *error)
{
    g_autofree char *before = NULL;

    if (geteuid() != 0 || !is_on_nfs(dirfd, path) ||
        !g_error_matches(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_ACCESS_DENIED))
        return;
    before = error->message;
    error->message = g_strdup_printf(
        _("%s; it is on an NFS server, which may take root for another user (root_squash): let "
          "that user in there, or have the server export it with no_root_squash"),
        before);
}
