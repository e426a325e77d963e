/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Copyright (C) 2026 The virtsnap developers */

#include <config.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <unistd.h>

#include "image/image-lock.h"

/* A lock on byte 100 + n says that its holder uses permission n; a lock on byte 200 + n that the
 * holder does not share permission n with others. */
#define DOES 100
#define FORBIDS 200

#define CONSISTENT_READ 0
#define WRITE 1
#define RESIZE 3

/* The locks taken here. Not sharing WRITE is what keeps the layer frozen. */
static const off_t held[] = {DOES + CONSISTENT_READ, FORBIDS + WRITE, FORBIDS + RESIZE};

/* The locks of another process that conflict with those taken here. */
static const off_t conflicts[] = {DOES + WRITE, DOES + RESIZE, FORBIDS + CONSISTENT_READ};

static gboolean
lock_refused(GError **error, int errsv, const char *what)
{
    if (errsv == EAGAIN || errsv == EACCES)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_IN_USE,
                    _("'%s' is not frozen: another process writes to it (a running domain, a "
                      "block commit, qemu-img?); wait until that is done"),
                    what);
    else if (errsv == ENOLCK || errsv == EOPNOTSUPP || errsv == EINVAL)
        g_set_error(error, VIRT_SNAP_ERROR, VIRT_SNAP_ERROR_NOT_SUPPORTED,
                    _("'%s' cannot be locked: its file system has no file locks, so nothing would "
                      "keep it frozen while it is copied"),
                    what);
    else
        virt_snap_error_set_errno(error, errsv, _("Cannot lock '%s'"), what);

    return FALSE;
}

gboolean
image_lock_probe(int fd, const char *what, GError **error)
{
    /* Ask for a write lock, with which the read lock of another process conflicts. */
    for (gsize i = 0; i < G_N_ELEMENTS(conflicts); i++) {
        struct flock lock = {
            .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = conflicts[i], .l_len = 1};

        if (fcntl(fd, F_OFD_GETLK, &lock) < 0)
            return lock_refused(error, errno, what);
        if (lock.l_type != F_UNLCK)
            return lock_refused(error, EAGAIN, what);
    }

    return TRUE;
}

gboolean
image_lock_acquire(int fd, const char *what, GError **error)
{
    for (gsize i = 0; i < G_N_ELEMENTS(held); i++) {
        struct flock lock = {
            .l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = held[i], .l_len = 1};

        if (fcntl(fd, F_OFD_SETLK, &lock) < 0)
            return lock_refused(error, errno, what);
    }

    return image_lock_probe(fd, what, error);
}

gboolean
image_lock_is_used(int fd)
{
    /* All that QEMU locks: what somebody does, and what he forbids to others. */
    struct flock lock = {
        .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = DOES, .l_len = 2 * (FORBIDS - DOES)};

    return fcntl(fd, F_OFD_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}
