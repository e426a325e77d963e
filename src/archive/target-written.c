/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#include "archive/target-private.h"
#include "util/fd.h"

/* Returns: whether somebody has the lock of it that target_begin() takes. */
static gboolean
is_locked(int dirfd, const char *name)
{
    auto_fd fd = openat(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);

    return fd >= 0 && fd_lock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

gboolean
target_is_written(const Target *self)
{
    auto_fd parent = open(self->parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    g_autofree char *journal = g_build_filename(self->partial, JOURNAL_FILE, NULL);

    return parent >= 0 && (is_locked(parent, self->partial) || is_locked(parent, journal));
}
